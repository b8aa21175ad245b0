/**
 * The Markdown of a material: headings, paragraphs, lists, quotations, emphasis, links. What is not of these is refused, not
 * cleaned: HTML, pictures (blocks of their own), code, and addresses that are no page, telephone or mailbox. Pages are
 * made from the tree alone, so nothing of the text reaches them as markup.
 */
import type { BilingualText } from '@enlace/directory/text'
import { Marked, type Token, type Tokens } from 'marked'

export type Inline =
  | { type: 'text'; text: string }
  | { type: 'strong' | 'emphasis'; children: Inline[] }
  | { type: 'link'; href: string; children: Inline[] }
  | { type: 'break' }

export type MarkdownBlock =
  | { type: 'heading'; level: 1 | 2 | 3; children: Inline[] }
  | { type: 'paragraph'; children: Inline[] }
  | { type: 'list'; ordered: boolean; items: MarkdownBlock[][] }
  | { type: 'quote'; children: MarkdownBlock[] }
  | { type: 'rule' }

export const markdownFaults = {
  html: {
    es: 'El texto lleva HTML. Quite las marcas entre < y >; para dar formato use Markdown.',
    en: 'The text has HTML. Remove the marks between < and >; use Markdown for formatting.',
  },
  picture: {
    es: 'Las imágenes van en un bloque propio, no dentro del texto.',
    en: 'Pictures go into a block of their own, not into the text.',
  },
  unknown_mark: {
    es: 'Aquí no hay código ni tablas: use párrafos y listas, y no comience una línea con cuatro espacios.',
    en: 'There is no code and are no tables here: use paragraphs and lists, and begin no line with four spaces.',
  },
  link: {
    es: 'Un enlace lleva a una página https, a un teléfono (tel:+504…) o a un correo (mailto:). Corríjalo.',
    en: 'A link leads to an https page, a telephone (tel:+504…) or a mailbox (mailto:). Correct it.',
  },
  too_deep: {
    es: 'Hay listas o citas dentro de otras más de cuatro veces, o demasiadas marcas. Simplifique el texto.',
    en: 'Lists or quotations stand in each other more than four times, or there are too many marks. Simplify the text.',
  },
} as const satisfies Record<string, BilingualText>
export type MarkdownFault = keyof typeof markdownFaults

export type ReadMarkdown = { ok: true; blocks: MarkdownBlock[] } | { ok: false; fault: MarkdownFault }

/** Lists and quotations in each other. */
const maxDepth = 4
/** Signs that may begin or end a mark: beyond it no text of a leaflet, and parsing stays cheap. */
const maxMarks = 400

const parser = new Marked({ gfm: false, async: false })

class Refused extends Error {
  readonly fault: MarkdownFault
  constructor(fault: MarkdownFault) {
    super(fault)
    this.fault = fault
  }
}

/** @param text limited by whoever calls; see `published.ts` */
export function readMarkdown(text: string): ReadMarkdown {
  const tooMany = (text.match(/[[\]()*_`<>!\\]/g)?.length ?? 0) > maxMarks
  if (tooMany || /^[ \t]*(?:>[ \t]*){5}/m.test(text)) return { ok: false, fault: 'too_deep' }
  try {
    return { ok: true, blocks: blocksOf(parser.lexer(text), 0) }
  } catch (error) {
    if (error instanceof Refused) return { ok: false, fault: error.fault }
    // The parser calls itself for what stands in each other.
    if (error instanceof RangeError) return { ok: false, fault: 'too_deep' }
    throw error
  }
}

function blocksOf(tokens: readonly Token[], depth: number): MarkdownBlock[] {
  if (depth > maxDepth) throw new Refused('too_deep')
  return tokens.flatMap((token): MarkdownBlock[] => {
    switch (token.type) {
      case 'space':
        return []
      case 'heading': {
        const level = Math.min(3, (token as Tokens.Heading).depth) as 1 | 2 | 3
        return [{ type: 'heading', level, children: inlineOf(token.tokens ?? [], 0) }]
      }
      case 'paragraph':
      // The text of an item of a list.
      case 'text':
        return [{ type: 'paragraph', children: inlineOf(token.tokens ?? [token], 0) }]
      case 'hr':
        return [{ type: 'rule' }]
      case 'blockquote':
        return [{ type: 'quote', children: blocksOf(token.tokens ?? [], depth + 1) }]
      case 'list': {
        const { ordered, items } = token as Tokens.List
        return [{ type: 'list', ordered, items: items.map((one) => blocksOf(one.tokens, depth + 1)) }]
      }
      case 'html':
        throw new Refused('html')
      default:
        throw new Refused('unknown_mark')
    }
  })
}

function inlineOf(tokens: readonly Token[], depth: number): Inline[] {
  if (depth > maxDepth) throw new Refused('too_deep')
  return tokens.map((token): Inline => {
    switch (token.type) {
      case 'text':
      case 'escape':
        return { type: 'text', text: (token as Tokens.Text).text }
      case 'strong':
        return { type: 'strong', children: inlineOf(token.tokens ?? [], depth + 1) }
      case 'em':
        return { type: 'emphasis', children: inlineOf(token.tokens ?? [], depth + 1) }
      case 'br':
        return { type: 'break' }
      case 'link': {
        const href = safeHref((token as Tokens.Link).href)
        if (href === undefined) throw new Refused('link')
        return { type: 'link', href, children: inlineOf(token.tokens ?? [], depth + 1) }
      }
      case 'html':
        throw new Refused('html')
      case 'image':
        throw new Refused('picture')
      default:
        throw new Refused('unknown_mark')
    }
  })
}

const telephone = /^tel:\+[1-9]\d{6,14}$/
const mailbox = /^mailto:[\w.+-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+){1,6}$/i

/** An address as it may stand in a page; undefined: none that may. */
export function safeHref(href: string): string | undefined {
  if (telephone.test(href) || mailbox.test(href)) return href
  if (href.length > 500 || !/^https:\/\//i.test(href) || !URL.canParse(href)) return undefined
  const url = new URL(href)
  return url.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : undefined
}

/** About how many bytes the blocks take as HTML. */
export function markdownWeight(blocks: readonly MarkdownBlock[]): number {
  const inline = (one: Inline): number => {
    if (one.type === 'break') return 4
    if (one.type === 'text') return escapedWeight(one.text)
    const address = one.type === 'link' ? escapedWeight(one.href) + 60 : 0
    return 20 + address + sum(one.children, inline)
  }
  const block = (one: MarkdownBlock): number => {
    if (one.type === 'rule') return 5
    if (one.type === 'list') return 20 + sum(one.items, (item) => 15 + sum(item, block))
    if (one.type === 'quote') return 30 + sum(one.children, block)
    return 15 + sum(one.children, inline)
  }
  return sum(blocks, block)
}

const sum = <T>(list: readonly T[], of: (one: T) => number) => list.reduce((total, one) => total + of(one), 0)

/** Bytes of a text in a page: UTF-8, and up to six for a sign that is escaped. */
export const escapedWeight = (text: string): number =>
  new TextEncoder().encode(text).length + 5 * (text.match(/[&<>"']/g)?.length ?? 0)
