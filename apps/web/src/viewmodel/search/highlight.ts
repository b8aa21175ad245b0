import { runsOf, termsOf } from '../../model/search/terms.ts'

const SHOWN = 220
const LEAD = 60

/**
 * The part of a text around the first hit, in pieces, hits marked.
 *
 * @param found the terms of the text that answer the question, as the search gave them
 */
export function marked(text: string, found: readonly string[]): { text: string; hit: boolean }[] {
  const hits = new Set(found.filter((term) => term.length > 1))
  const pieces: { text: string; hit: boolean }[] = []
  let firstHit: number | undefined
  let length = 0
  for (const part of partsOf(text)) {
    const hit = termsOf(part).some((term) => hits.has(term))
    if (hit && firstHit === undefined) firstHit = length
    const last = pieces.at(-1)
    if (last && last.hit === hit) last.text += part
    else pieces.push({ text: part, hit })
    length += part.length
  }
  return cut(pieces, Math.max(0, (firstHit ?? 0) - LEAD))
}

/** Words, numbers however they are parted, and what stands between. */
function partsOf(text: string): string[] {
  const parts: string[] = []
  let at = 0
  const words = (piece: string) =>
    parts.push(...piece.split(/((?:\p{L}\p{M}*['’‘ʼʻ`´]?|[\p{N}\p{M}])+)/u).filter((part) => part !== ''))
  for (const run of runsOf(text)) {
    words(text.slice(at, run.at))
    parts.push(run.text)
    at = run.at + run.text.length
  }
  words(text.slice(at))
  return parts
}

function cut(
  pieces: readonly { text: string; hit: boolean }[],
  from: number,
): { text: string; hit: boolean }[] {
  const kept: { text: string; hit: boolean }[] = []
  let at = 0
  for (const piece of pieces) {
    const start = Math.max(0, from - at)
    const end = Math.min(piece.text.length, from + SHOWN - at)
    if (start < end) kept.push({ ...piece, text: piece.text.slice(start, end) })
    at += piece.text.length
  }
  if (from > 0) kept.unshift({ text: '…', hit: false })
  if (at > from + SHOWN) kept.push({ text: '…', hit: false })
  return kept
}
