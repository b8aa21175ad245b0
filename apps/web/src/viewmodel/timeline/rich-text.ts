/** Plain text in pieces that views draw as text, links or names. Never HTML: whatever was written shows as written. */
export type Segment =
  | { kind: 'text'; text: string }
  | { kind: 'link'; text: string; href: string }
  | { kind: 'mention'; text: string }

const LINK = /\bhttps?:\/\/[^\s<>"'`]+/giu
const TRAILING = /[.,;:!?)\]}»”’…]+$/u

export function segments(text: string, mentionedNames: readonly string[] = []): Segment[] {
  const found: Segment[] = []
  let at = 0
  for (const match of text.matchAll(LINK)) {
    const address = match[0].replace(TRAILING, '')
    const href = safeHref(address)
    if (!href) continue
    found.push(...mentions(text.slice(at, match.index), mentionedNames))
    found.push({ kind: 'link', text: address, href })
    at = match.index + address.length
  }
  found.push(...mentions(text.slice(at), mentionedNames))
  return found
}

/** http and https only, and nothing that hides its host behind a user name. */
export function safeHref(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  return url.username === '' && url.password === '' ? url.href : undefined
}

function mentions(text: string, names: readonly string[]): Segment[] {
  if (text === '') return []
  let first: { index: number; length: number } | undefined
  for (const name of names) {
    const index = text.indexOf(`@${name}`)
    if (index >= 0 && (!first || index < first.index)) first = { index, length: name.length + 1 }
  }
  if (!first) return [{ kind: 'text', text }]
  const before = text.slice(0, first.index)
  return [
    ...(before === '' ? [] : [{ kind: 'text', text: before } as const]),
    { kind: 'mention', text: text.slice(first.index, first.index + first.length) },
    ...mentions(text.slice(first.index + first.length), names),
  ]
}
