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
