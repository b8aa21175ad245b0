import { html, type Markup } from '../html.ts'
import { type Language, words } from '../words.ts'
import { linkTo, type PageContent } from './layout.ts'

/** A piece of a list. A list lies on as many pages as it takes, so that none is too large for a bad line. */
export interface Block {
  /** blocks of one group stand below its name */
  group: string
  item: Markup
}

const maxPartBytes = 60_000

/** @param taken bytes of what stands before the list, on its first page */
function inParts(blocks: readonly Block[], taken: number): Block[][] {
  const parts: Block[][] = [[]]
  let bytes = taken
  for (const block of blocks) {
    const size = Buffer.byteLength(block.item.text) + 200
    if (parts.at(-1)!.length > 0 && bytes + size > maxPartBytes) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)!.push(block)
    bytes += size
  }
  return parts
}

/** Cards of a list, each group below its heading. */
function cards(blocks: readonly Block[]): Markup {
  const groups: Array<{ name: string; items: Markup[] }> = []
  for (const { group, item } of blocks) {
    if (groups.length === 0 || groups.at(-1)!.name !== group) groups.push({ name: group, items: [] })
    groups.at(-1)!.items.push(item)
  }
  return html`${groups.map(
    ({ name, items }) => html`<section><h2>${name}</h2><ul class="cards">${items}</ul></section>`,
  )}`
}

/** A list on its pages; every part says which it is, and where the next one is. */
export function parts(
  lang: Language,
  path: string,
  title: string,
  blocks: readonly Block[],
  before?: Markup,
): Array<Omit<PageContent, 'lang'>> {
  const say = words[lang]
  const all = inParts(blocks, before ? Buffer.byteLength(before.text) : 0)
  return all.map((part, at) => {
    const to = (number: number) => linkTo(lang, number === 0 ? path : `${path}${number + 1}/`)
    const name = say.part(at + 1, all.length)
    const turn =
      all.length > 1 &&
      html`<nav class="parts" aria-label="${name}"><p>${name}</p>${
        at > 0 && html`<a href="${to(at - 1)}" rel="prev">${say.before}</a> `
      }${at + 1 < all.length && html`<a href="${to(at + 1)}" rel="next">${say.next}</a>`}</nav>`
    return {
      path: at === 0 ? path : `${path}${at + 1}/`,
      ...(at === 0 ? {} : { otherPath: path }),
      title: at === 0 ? title : `${title} (${at + 1})`,
      body: html`${at === 0 && before}${part.length > 0 ? cards(part) : html`<p>${say.empty}</p>`}${turn}`,
    }
  })
}
