/**
 * Formatted text as people type it in WhatsApp. A sign counts only at the edge of a word and with its partner on the same
 * line, so references, sums and addresses stay as they are.
 */

import { element, type RichNode, type RichTag, textNode } from '../../lib/rich-nodes.ts'
import { namesIn } from './mentions.ts'
import { linksIn } from './rich-text.ts'

const FENCE = '```'
const MAX_DEPTH = 8
/** A row of signs is a line people draw. */
const BULLET = /^ {0,3}[-*•] +(?![-*• ]*$)(?=\S)/
const NUMBER = /^ {0,3}(\d{1,3})[.)] +(?=\S)/
const QUOTE = /^> ?/
/** What may stand before an opening sign, and after a closing one. */
const BEFORE = /[\s([{"'«“‘¿¡—–*_~-]/u
const AFTER = /[\s)\]}"'»”’.,;:!?…—–*_~-]/u

const MARKS: ReadonlyArray<{ sign: string; tag: RichTag }> = [
  { sign: '**', tag: 'strong' },
  { sign: '~~', tag: 'del' },
  { sign: '*', tag: 'strong' },
  { sign: '_', tag: 'em' },
  { sign: '~', tag: 'del' },
]

/** The tree of what was typed; undefined when nothing in it is formatted. */
export function parseMarkup(text: string): RichNode[] | undefined {
  const nodes = blocks(text, 0)
  return nodes.some((node) => node.kind !== 'text' && node.kind !== 'break') ? nodes : undefined
}

function blocks(text: string, depth: number): RichNode[] {
  const out: RichNode[] = []
  let rest: string[] | undefined = text.split('\n')
  let afterBlock = true
  const block = (node: RichNode) => {
    // The line's end before a block is the block's own.
    if (out.at(-1)?.kind === 'break') out.pop()
    out.push(node)
    afterBlock = true
  }
  while (rest && rest.length > 0) {
    const line: string = rest[0]!
    const fenced = fence(rest)
    if (fenced) {
      block(element('pre', [textNode(fenced.code)]))
      rest = fenced.rest
    } else if (depth < MAX_DEPTH && QUOTE.test(line)) {
      const [quoted, after] = span(rest, (one) => QUOTE.test(one))
      block(element('blockquote', blocks(quoted.map((one) => one.replace(QUOTE, '')).join('\n'), depth + 1)))
      rest = after
    } else if (BULLET.test(line)) {
      const [items, after] = span(rest, (one) => BULLET.test(one))
      block(
        element(
          'ul',
          items.map((one) => element('li', inline(one.replace(BULLET, '')))),
        ),
      )
      rest = after
    } else if (NUMBER.test(line)) {
      const [items, after] = span(rest, (one) => NUMBER.test(one))
      const children = items.map((one) => element('li', inline(one.replace(NUMBER, ''))))
      block({ kind: 'element', tag: 'ol', start: Number(NUMBER.exec(line)![1]), children })
      rest = after
    } else {
      if (!afterBlock) out.push({ kind: 'break' })
      out.push(...inline(line))
      afterBlock = false
      rest = rest.slice(1)
    }
  }
  return out
}

function span(lines: readonly string[], fits: (line: string) => boolean): [string[], string[]] {
  const end = lines.findIndex((line) => !fits(line))
  return end < 0 ? [[...lines], []] : [lines.slice(0, end), lines.slice(end)]
}

/** A block between fences; what was not closed is no block. */
function fence(lines: readonly string[]): { code: string; rest: string[] | undefined } | undefined {
  if (!lines[0]!.startsWith(FENCE)) return undefined
  const text = lines.join('\n').slice(FENCE.length)
  const end = text.indexOf(FENCE)
  if (end <= 0) return undefined
  const code = text.slice(0, end).replace(/^\n|\n$/g, '')
  const after = text.slice(end + FENCE.length).replace(/^[ \t]*\n?/, '')
  return code.trim() === '' ? undefined : { code, rest: after === '' ? undefined : after.split('\n') }
}

/** One line. Addresses in it are whole: no sign inside them counts. */
function inline(line: string): RichNode[] {
  const links = linksIn(line)
  const taken = (at: number) => links.some(({ start, end }) => at >= start && at < end)
  return run(0, line.length, new Set())

  function run(from: number, to: number, open: ReadonlySet<RichTag>): RichNode[] {
    const out: RichNode[] = []
    let plainFrom = from
    for (let at = from; at < to; ) {
      const found = taken(at) ? undefined : (codeAt(at, to) ?? markAt(at, to, open))
      if (!found) {
        at++
        continue
      }
      out.push(...plain(plainFrom, at), found.node)
      at = plainFrom = found.end
    }
    out.push(...plain(plainFrom, to))
    return out
  }

  function codeAt(at: number, to: number): { node: RichNode; end: number } | undefined {
    const sign = line.startsWith(FENCE, at) ? FENCE : line[at] === '`' ? '`' : undefined
    if (!sign) return undefined
    const end = line.indexOf(sign, at + sign.length)
    const code = line.slice(at + sign.length, end)
    if (end < 0 || end + sign.length > to || code.trim() === '') return undefined
    return { node: element('code', [textNode(code)]), end: end + sign.length }
  }

  function markAt(at: number, to: number, open: ReadonlySet<RichTag>) {
    const mark = MARKS.find(({ sign }) => line.startsWith(sign, at))
    if (!mark || open.has(mark.tag)) return undefined
    const { sign, tag } = mark
    const inside = at + sign.length
    const before = line[at - 1]
    // Longer rows of a sign are lines people draw, or names such as `__init__`.
    if (before !== undefined && (before === sign[0] || !BEFORE.test(before))) return undefined
    if (inside >= to || /\s/u.test(line[inside]!) || line[inside] === sign[0]) return undefined
    for (
      let end = line.indexOf(sign, inside + 1);
      end >= 0 && end + sign.length <= to;
      end = line.indexOf(sign, end + 1)
    ) {
      const after = line[end + sign.length]
      const closes = !/\s/u.test(line[end - 1]!) && line[end - 1] !== sign[0] && !taken(end)
      if (!closes || after === sign[0] || (after !== undefined && !AFTER.test(after))) continue
      const node = element(tag, run(inside, end, new Set([...open, tag])))
      return { node, end: end + sign.length }
    }
    return undefined
  }

  function plain(from: number, to: number): RichNode[] {
    return from < to ? [textNode(line.slice(from, to))] : []
  }
}

/**
 * As Matrix HTML, for other clients and for ours: made of the tree, so that nothing typed becomes a tag.
 *
 * @param people user ids by what stands after the `@` for them
 */
export function toHtml(nodes: readonly RichNode[], people: ReadonlyMap<string, string> = new Map()): string {
  const html = (list: readonly RichNode[], inCode: boolean): string =>
    list.map((node) => one(node, inCode)).join('')
  const one = (node: RichNode, inCode: boolean): string => {
    switch (node.kind) {
      case 'text':
        return inCode ? escaped(node.text) : linked(node.text, people)
      case 'break':
        return '<br>'
      case 'rule':
        return '<hr>'
      case 'link':
        return `<a href="${escaped(node.href)}">${html(node.children, true)}</a>`
      case 'mention':
        return pill(node.userId, node.text)
      case 'element':
        if (node.tag === 'heading') return `<strong>${html(node.children, inCode)}</strong><br>`
        if (node.tag === 'pre') return `<pre><code>${html(node.children, true)}</code></pre>`
        return `<${node.tag}${node.start === undefined || node.start === 1 ? '' : ` start="${node.start}"`}>${html(node.children, inCode || node.tag === 'code')}</${node.tag}>`
    }
  }
  return html(nodes, false)
}

function linked(text: string, people: ReadonlyMap<string, string>): string {
  let out = ''
  let at = 0
  for (const { start, end, href } of linksIn(text)) {
    out += mentioned(text.slice(at, start), people)
    out += `<a href="${escaped(href)}">${escaped(text.slice(start, end))}</a>`
    at = end
  }
  return out + mentioned(text.slice(at), people)
}

function mentioned(text: string, people: ReadonlyMap<string, string>): string {
  let out = ''
  let at = 0
  for (const { start, end, name } of namesIn(text, [...people.keys()])) {
    out += escaped(text.slice(at, start)) + pill(people.get(name)!, text.slice(start, end))
    at = end
  }
  return out + escaped(text.slice(at))
}

const pill = (userId: string, text: string) =>
  `<a href="https://matrix.to/#/${escaped(encodeURIComponent(userId))}">${escaped(text)}</a>`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!)
