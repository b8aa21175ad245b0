/** Formatted text as a tree of the few things views can draw. Nothing in it is HTML. */
export type RichNode =
  | { kind: 'text'; text: string }
  | { kind: 'break' }
  | { kind: 'rule' }
  /** `host`: where it leads, when its words do not say so */
  | { kind: 'link'; href: string; host?: string; children: readonly RichNode[] }
  | { kind: 'mention'; userId: string; text: string }
  | { kind: 'element'; tag: RichTag; start?: number; children: readonly RichNode[] }

export type RichTag =
  | 'strong'
  | 'em'
  | 'del'
  | 'u'
  | 'sub'
  | 'sup'
  | 'code'
  | 'pre'
  | 'blockquote'
  | 'ul'
  | 'ol'
  | 'li'
  | 'p'
  /** a heading: drawn bold, because the page has its own headings */
  | 'heading'
  | 'table'
  | 'tr'
  | 'th'
  | 'td'

export const textNode = (text: string): RichNode => ({ kind: 'text', text })
export const element = (tag: RichTag, children: readonly RichNode[]): RichNode => ({
  kind: 'element',
  tag,
  children,
})

/** The words of a tree. */
export const plainOf = (nodes: readonly RichNode[]): string =>
  nodes
    .map((node) => {
      if (node.kind === 'text' || node.kind === 'mention') return node.text
      if (node.kind === 'break') return '\n'
      return node.kind === 'rule' ? '' : plainOf(node.children)
    })
    .join('')

/** Those that stand on lines of their own. */
const BLOCKS: ReadonlySet<RichTag> = new Set([
  'pre',
  'blockquote',
  'ul',
  'ol',
  'li',
  'p',
  'heading',
  'table',
  'tr',
  'th',
  'td',
])

/** The words of a tree on one line, for where a message is told in few words: no sign of its form, and no two words run together. */
export function lineOf(nodes: readonly RichNode[]): string {
  const said = (list: readonly RichNode[]): string =>
    list
      .map((node) => {
        if (node.kind !== 'element' || !BLOCKS.has(node.tag))
          return 'children' in node
            ? said(node.children)
            : node.kind === 'text' || node.kind === 'mention'
              ? node.text
              : ' '
        if (node.tag !== 'ul' && node.tag !== 'ol') return ` ${said(node.children)} `
        return node.children
          .map(
            (item, at) =>
              ` ${node.tag === 'ul' ? '•' : `${(node.start ?? 1) + at}.`} ${said([item]).trim()} `,
          )
          .join('')
      })
      .join('')
  return said(nodes).replace(/\s+/g, ' ').trim()
}
