/**
 * HTML that others wrote, as a tree of what is allowed. It is parsed in a document of its own that loads and runs nothing,
 * and read from there: whatever is not named here does not come through.
 */
import { plainOf, type RichNode, type RichTag, textNode } from './rich-nodes.ts'
import { safeHref } from './safe-href.ts'

/** As much of a DOM node as is read. */
export interface HtmlNode {
  nodeType: number
  nodeName: string
  nodeValue: string | null
  childNodes: ArrayLike<HtmlNode>
  getAttribute?(name: string): string | null
}

/** More than an event can hold is not from an event. */
const MAX_HTML = 65_536
const MAX_DEPTH = 100
const MAX_NODES = 4_000

const TAGS: Readonly<Record<string, RichTag>> = {
  strong: 'strong',
  b: 'strong',
  em: 'em',
  i: 'em',
  del: 'del',
  s: 'del',
  strike: 'del',
  u: 'u',
  sub: 'sub',
  sup: 'sup',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
  ul: 'ul',
  ol: 'ol',
  li: 'li',
  p: 'p',
  div: 'p',
  h1: 'heading',
  h2: 'heading',
  h3: 'heading',
  h4: 'heading',
  h5: 'heading',
  h6: 'heading',
  caption: 'heading',
  summary: 'heading',
  table: 'table',
  tr: 'tr',
  th: 'th',
  td: 'td',
}
/** Nothing of these is words for people. `mx-reply` repeats what is answered, in words of whoever answers. */
const DROPPED = new Set(
  'script style template noscript iframe object embed svg math head title textarea select option video audio canvas input button form mx-reply'.split(
    ' ',
  ),
)
/** Inside these, white space between elements is nothing. */
const CONTAINERS = new Set(['ul', 'ol', 'table', 'tr', 'tbody', 'thead', 'tfoot'])

const MATRIX_TO = /^https:\/\/matrix\.to\/#\/(@[^/?#]+|%40[^/?#]+)(?:\?[^#]*)?$/i
const USER_ID = /^@[^\s:]{1,200}:[A-Za-z0-9.:[\]-]{1,230}$/

/** The tree of HTML text; undefined when it is more than is shown, or nothing: then the plain text counts. */
export function readHtml(html: string): RichNode[] | undefined {
  // Workers have nothing that reads HTML.
  if (html.length > MAX_HTML || typeof DOMParser === 'undefined') return undefined
  return sanitised(new DOMParser().parseFromString(html, 'text/html').body)
}

/** Pure. */
export function sanitised(body: HtmlNode): RichNode[] | undefined {
  let count = 0
  let tooMuch = false
  const nodes = trimmed(children(body, 0, { pre: false, link: false }))
  return tooMuch || plainOf(nodes).trim() === '' ? undefined : nodes

  type Place = { pre: boolean; link: boolean }

  function children(parent: HtmlNode, depth: number, place: Place): RichNode[] {
    const out: RichNode[] = []
    if (depth > MAX_DEPTH) {
      tooMuch = true
      return out
    }
    const container = CONTAINERS.has(parent.nodeName.toLowerCase())
    for (let at = 0; at < parent.childNodes.length && !tooMuch; at++) {
      const child = parent.childNodes[at]!
      if (++count > MAX_NODES) tooMuch = true
      else out.push(...one(child, depth, place, container))
    }
    return out
  }

  function one(node: HtmlNode, depth: number, place: Place, container: boolean): RichNode[] {
    if (node.nodeType === 3) {
      const text = node.nodeValue ?? ''
      if (place.pre) return [textNode(text)]
      const shown = text.replace(/[ \t\r\n\f]+/g, ' ')
      return shown === '' || (container && shown === ' ') ? [] : [textNode(shown)]
    }
    if (node.nodeType !== 1) return []
    const name = node.nodeName.toLowerCase()
    if (DROPPED.has(name)) return []
    if (name === 'br') return [{ kind: 'break' }]
    if (name === 'hr') return [{ kind: 'rule' }]
    if (name === 'img') {
      const alt = node.getAttribute?.('alt')
      return alt ? [textNode(alt.slice(0, 200))] : []
    }
    if (name === 'a') return link(node, depth, place)
    const tag = Object.hasOwn(TAGS, name) ? TAGS[name]! : undefined
    const inside = children(node, depth + 1, { ...place, pre: place.pre || tag === 'pre' })
    if (!tag) return inside
    if (inside.length === 0 && tag !== 'td' && tag !== 'th') return []
    const start = tag === 'ol' ? Number(node.getAttribute?.('start')) : Number.NaN
    const counts = Number.isInteger(start) && start > 1 && start < 1_000_000
    return [{ kind: 'element', tag, ...(counts ? { start } : {}), children: inside }]
  }

  function link(node: HtmlNode, depth: number, place: Place): RichNode[] {
    const inside = children(node, depth + 1, { ...place, link: true })
    const address = (node.getAttribute?.('href') ?? '').trim()
    const userId = mentionedBy(address)
    if (userId) return [{ kind: 'mention', userId, text: plainOf(inside).slice(0, 255) }]
    const href = place.link ? undefined : safeHref(address)
    if (!href || plainOf(inside).trim() === '') return inside
    // Whoever reads one address must not be led to another.
    const words = plainOf(inside).trim()
    const host = new URL(href).host
    const says = words === address || safeHref(words) === href
    return [{ kind: 'link', href, ...(says ? {} : { host }), children: inside }]
  }
}

function mentionedBy(address: string): string | undefined {
  const found = MATRIX_TO.exec(address)?.[1]
  if (found === undefined) return undefined
  try {
    const userId = decodeURIComponent(found)
    return USER_ID.test(userId) && userId.length <= 255 ? userId : undefined
  } catch {
    return undefined
  }
}

/** Without empty lines around it. */
function trimmed(nodes: readonly RichNode[]): RichNode[] {
  const isEmpty = (node: RichNode | undefined) =>
    node?.kind === 'break' || (node?.kind === 'text' && node.text.trim() === '')
  let from = 0
  let to = nodes.length
  while (from < to && isEmpty(nodes[from])) from++
  while (to > from && isEmpty(nodes[to - 1])) to--
  return nodes.slice(from, to)
}
