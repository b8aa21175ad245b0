import { safeHref } from '../../lib/safe-href.ts'
import { namesIn } from './mentions.ts'

/** Plain text in pieces that views draw as text, links or names. Never HTML: whatever was written shows as written. */
export type Segment =
  | { kind: 'text'; text: string }
  | { kind: 'link'; text: string; href: string }
  | { kind: 'mention'; text: string }

/**
 * An address goes on until a space, a quotation mark, a dash that parts sentences or a sign that is not seen. An apostrophe may be part of it; so may
 * brackets, as far as they are closed (`…/Omoa_(Honduras)`).
 */
const LINK = /\bhttps?:\/\/[^\s<>"`«»‹›“”„—、。，；：！？（）「」『』【】\p{Cc}\p{Cf}\p{Co}]+/giu
const TRAILING = /[.,;:!?¡¿…*_~|–•·'’‘‚´]$/u
const CLOSING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

export function segments(text: string, mentionedNames: readonly string[] = []): Segment[] {
  const found: Segment[] = []
  let at = 0
  for (const { start, end, href } of linksIn(text)) {
    found.push(...mentions(text.slice(at, start), mentionedNames))
    found.push({ kind: 'link', text: text.slice(start, end), href })
    at = end
  }
  found.push(...mentions(text.slice(at), mentionedNames))
  return found
}

/** Where addresses stand in a text. */
export function linksIn(text: string): Array<{ start: number; end: number; href: string }> {
  return [...text.matchAll(LINK)].flatMap((match) => {
    const address = withoutTrailing(match[0])
    const href = safeHref(address)
    return href ? [{ start: match.index, end: match.index + address.length, href }] : []
  })
}

/** Without the punctuation of the sentence around it: also a bracket that was opened before the address. */
function withoutTrailing(found: string): string {
  const open = new Map<string, number>()
  for (const sign of found) open.set(sign, (open.get(sign) ?? 0) + 1)
  let end = found.length
  for (; end > 0; end--) {
    const sign = found[end - 1]!
    const opening = CLOSING[sign]
    const unmatched = opening !== undefined && (open.get(sign) ?? 0) > (open.get(opening) ?? 0)
    if (!unmatched && !TRAILING.test(sign)) break
    open.set(sign, (open.get(sign) ?? 0) - 1)
  }
  return found.slice(0, end)
}

function mentions(text: string, names: readonly string[]): Segment[] {
  const out: Segment[] = []
  let at = 0
  for (const { start, end } of namesIn(text, names)) {
    if (start > at) out.push({ kind: 'text', text: text.slice(at, start) })
    out.push({ kind: 'mention', text: text.slice(start, end) })
    at = end
  }
  if (at < text.length) out.push({ kind: 'text', text: text.slice(at) })
  return out
}
