/**
 * What a partner may have signed a request over (server-server API, "Request Authentication"). Canonical JSON holds only
 * integers and whole text, but bodies come with others, and a signature is over what was sent: one number with a fraction
 * in one event must not make a whole transaction unverifiable.
 */
import { canonicalJson, compareCodePoints } from '@enlace/room-model'
import { limitExceeded } from '../errors.ts'
import { parseJson } from '../http/body.ts'
import type { Clock } from '../lib/clock.ts'

/** Beyond, only the body as it was sent is tried: no honest sender nests so deep, or sends so much, and unsorted too. */
const MAX_DEPTH = 1_000
const MAX_SORTED_BYTES = 4 * 1024 * 1024
/** Between other people's turns. */
const TOKENS_AT_A_TIME = 4_096
/** Time in which bodies are sorted whose signature then does not hold: at once, and of each second after. */
const WASTE = { burstMs: 1_000, perSecond: 100 }

type SignedParts = { method: string; uri: string; origin: string; destination: string }

/** What whoever has no right signature may cost, all of them together: anybody on the internet can send a body. */
export interface SortingAllowance {
  /** @throws M_LIMIT_EXCEEDED when it is used up */
  check(): void
  /** Negative: it was not wasted after all. */
  spend(ms: number): void
}

export function createSortingAllowance(clock: Pick<Clock, 'monotonic'>): SortingAllowance {
  let [left, at] = [WASTE.burstMs, clock.monotonic()]
  return {
    check() {
      const now = clock.monotonic()
      left = Math.min(WASTE.burstMs, left + ((now - at) / 1_000) * WASTE.perSecond)
      at = now
      if (left <= 0) throw limitExceeded(Math.ceil((1 - left / WASTE.perSecond) * 1_000))
    },
    spend(ms) {
      left -= ms
    },
  }
}

/**
 * The possible signed bytes, likeliest first. What a program of this network sends is signed as it is sent; only when that does
 * not hold is the body looked at before it is known who sent it. `body`: empty when there is none.
 * @throws M_NOT_JSON, M_LIMIT_EXCEEDED
 */
export async function* signedForms(
  parts: SignedParts,
  body: Buffer,
  allowance: SortingAllowance,
): AsyncGenerator<Buffer> {
  const { method, uri, origin, destination } = parts
  const rest = canonicalJson({ method, uri, origin, destination })
  if (body.length === 0) {
    yield Buffer.from(rest)
    return
  }
  // `content` comes before the other keys. A body that is one JSON value cannot reach beyond its place; whoever takes a
  // request reads it as one after this.
  const around = (content: Buffer) =>
    Buffer.concat([Buffer.from('{"content":'), content, Buffer.from(`,${rest.slice(1)}`)])
  yield around(body)
  if (body.length > MAX_SORTED_BYTES) return
  allowance.check()
  const began = performance.now()
  parseJson(body)
  allowance.spend(performance.now() - began)
  const sorted = await sortedInTurns(body.toString(), 'canonical', allowance)
  if (sorted === undefined) return
  yield around(Buffer.from(sorted.text))
  if (!sorted.numbersChanged) return
  allowance.check()
  yield around(Buffer.from((await sortedInTurns(body.toString(), 'as-sent', allowance))!.text))
}

type Sorted = { text: string; numbersChanged: boolean }
type Numbers = 'canonical' | 'as-sent'
type Frame = { list: boolean; members: Map<string, string>; items: string; key: string | undefined }

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Valid JSON text with its keys sorted and without white space; of two members with one key the last. What has no
 * canonical form (numbers with a fraction or too large, broken text) stays. @returns undefined when it nests too deep
 */
export function sortedText(json: string, numbers: Numbers): Sorted | undefined {
  const work = sorting(json, numbers)
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

/** The same, while others are served. */
async function sortedInTurns(
  json: string,
  numbers: Numbers,
  allowance: SortingAllowance,
): Promise<Sorted | undefined> {
  const work = sorting(json, numbers)
  for (;;) {
    const began = performance.now()
    const step = work.next()
    allowance.spend(performance.now() - began)
    if (step.done) return step.value
    await new Promise(setImmediate)
  }
}

function* sorting(json: string, numbers: Numbers): Generator<undefined, Sorted | undefined> {
  const frames: Frame[] = []
  let whole = ''
  let numbersChanged = false

  // Put together by `+`, not `join`: what is deep inside is not copied once per level.
  function put(value: string): void {
    const frame = frames.at(-1)
    if (!frame) whole = value
    else if (frame.list) frame.items += frame.items === '' ? value : `,${value}`
    else if (frame.key === undefined) frame.key = value
    else {
      frame.members.set(frame.key, value)
      frame.key = undefined
    }
  }
  function scalar(token: string): string {
    const value = Number(token)
    const canonical = Number.isSafeInteger(value) ? String(value + 0) : token
    if (canonical !== token) numbersChanged = true
    return numbers === 'canonical' ? canonical : token
  }

  let tokens = 0
  for (let at = 0; at < json.length; ) {
    tokens += 1
    if (tokens % TOKENS_AT_A_TIME === 0) yield
    const char = json[at]!
    if (char === '{' || char === '[') {
      if (frames.length >= MAX_DEPTH) return undefined
      frames.push({ list: char === '[', members: new Map(), items: '', key: undefined })
      at += 1
    } else if (char === '}' || char === ']') {
      const frame = frames.pop()!
      put(frame.list ? `[${frame.items}]` : objectText(frame.members))
      at += 1
    } else if (char === '"') {
      const start = at
      let escaped = false
      for (at += 1; json.charCodeAt(at) !== QUOTE; at += 1) {
        if (json.charCodeAt(at) !== BACKSLASH) continue
        escaped = true
        at += 1
      }
      at += 1
      const quoted = json.slice(start, at)
      put(escaped ? JSON.stringify(JSON.parse(quoted)) : quoted)
    } else if (BETWEEN.test(char)) at += 1
    else {
      END.lastIndex = at
      const end = END.exec(json)?.index ?? json.length
      put(scalar(json.slice(at, end)))
      at = end
    }
  }
  return { text: whole, numbersChanged }
}

const BETWEEN = /[\s,:]/
const END = /[\s,:\]}]/g

function objectText(members: Map<string, string>): string {
  const keys = [...members.keys()].map((quoted) => ({ quoted, key: JSON.parse(quoted) as string }))
  let text = ''
  for (const { quoted } of keys.sort((a, b) => compareCodePoints(a.key, b.key)))
    text += `${text === '' ? '' : ','}${quoted}:${members.get(quoted)}`
  return `{${text}}`
}
