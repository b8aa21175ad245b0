import { seenText } from '@enlace/directory/text'

/** Text that is HTML already. Everything else is escaped where it is put into a page. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type Piece = Markup | string | number | false | undefined | readonly Piece[]

const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => signs[sign]!)

function textOf(piece: Piece): string {
  if (piece === undefined || piece === false) return ''
  if (piece instanceof Markup) return piece.text
  if (typeof piece === 'object') return piece.map(textOf).join('')
  return escaped(String(piece))
}

/** A piece of a page; attributes are always written in double quotes. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(strings.reduce((text, part, at) => text + textOf(pieces[at - 1]) + part))
}

/** So many characters of what institutions wrote are shown, so that a page stays small. */
export const maxText = 1_500

/**
 * What an institution wrote: without signs nobody sees (direction marks among them, which would turn the text around it), cut to a
 * length, and apart from its surroundings as to its direction.
 */
export function written(
  text: string,
  { lang, most = maxText }: { lang?: string; most?: number } = {},
): Markup {
  return html`<bdi${lang ? html` lang="${lang}"` : ''}>${plain(text, most)}</bdi>`
}

/** The same where no element may stand: in a title, in an attribute. */
export function plain(text: string, most = maxText): string {
  const seen = seenText(text).replace(/\s+/g, ' ')
  const letters = [...seen]
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : seen
}

const label = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** A name as a part of an address: small letters, digits, hyphens; never empty. */
export function slug(name: string): string {
  const made = seenText(name)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80)
    .replace(/-+$/, '')
  return label.test(made) ? made : 'otro'
}
