/**
 * What a text is found by. Beside its words: numbers and references, however they were parted. `0801-1990-12345` and
 * `0801 1990 12345` are `0801199012345`; a telephone is found with and without the prefix of its country.
 */
import { foldText } from '@enlace/directory/text'
import type { Query } from 'minisearch'

const SEPARATOR = '[\\s\\-‐‑‒–./()·_]'
/** At least seven digits, whatever stands between them; and words with a digit that signs hold together. */
const RUN = new RegExp(
  `(?<![\\p{L}\\p{N}])\\+?\\(?\\p{Nd}(?:${SEPARATOR}{0,2}\\p{Nd}){6,}|[\\p{L}\\p{N}]+(?:[\\-‐‑‒–./_][\\p{L}\\p{N}]+)+`,
  'gu',
)
const WORD = /[\p{L}\p{N}]+/gu
const MAX_PARTS = 8
const LENGTH = { least: 6, most: 24 }

export const wordsOf = (text: string): string[] => foldText(text).match(WORD) ?? []

/** Numbers and references of a text, as they stand there. */
export function runsOf(text: string): Array<{ at: number; text: string }> {
  return [...text.matchAll(RUN)]
    .filter(([run]) => /\p{Nd}/u.test(run))
    .map((match) => ({ at: match.index, text: match[0] }))
}

/** A telephone of Honduras or Guatemala without what stands before it abroad: eight digits. */
function localNumber(joined: string): string | undefined {
  return /^(?:00)?50[24](\d{8})$/.exec(joined)?.[1]
}

const isLong = (joined: string) => joined.length >= LENGTH.least && joined.length <= LENGTH.most

/** Every way a part of it may be written in one piece: two numbers side by side are found each by itself. */
function joinedForms(run: string): string[] {
  const parts = wordsOf(run).slice(0, MAX_PARTS)
  const forms = parts.flatMap((_, from) =>
    parts.slice(from).map((_last, length) => parts.slice(from, from + length + 1).join('')),
  )
  return forms.filter(isLong).flatMap((form) => [form, localNumber(form) ?? form])
}

/** The terms a text is kept under. */
export function termsOf(text: string): string[] {
  return [...new Set([...wordsOf(text), ...runsOf(text).flatMap((run) => joinedForms(run.text))])]
}

/** What somebody looks for: each word; of a number or reference the whole, or its parts. */
export function queryOf(text: string): Query {
  const runs = runsOf(text)
  let rest = ''
  let at = 0
  const queries: Query[] = []
  for (const run of runs) {
    rest += `${text.slice(at, run.at)} `
    at = run.at + run.text.length
    const parts = wordsOf(run.text)
    const joined = parts.join('')
    const whole = isLong(joined) ? [localNumber(joined) ?? joined] : []
    queries.push({ combineWith: 'OR', queries: [...whole, { combineWith: 'AND', queries: parts }] })
  }
  rest += text.slice(at)
  for (const word of wordsOf(rest)) queries.push(localNumber(word) ?? word)
  return { combineWith: 'AND', queries }
}

/** The words and whole numbers to mark in what was found. */
export function soughtIn(text: string): string[] {
  const joined = runsOf(text).map((run) => wordsOf(run.text).join(''))
  return [...wordsOf(text), ...joined.map((one) => localNumber(one) ?? one)]
}
