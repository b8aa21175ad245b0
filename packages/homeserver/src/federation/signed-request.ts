/**
 * What a partner may have signed a request over (server-server API, "Request Authentication"). Canonical JSON holds only
 * integers and whole text, but bodies come with others, and a signature is over what was sent: one number with a fraction
 * in one event must not make a whole transaction unverifiable.
 */
import { canonicalJson, compareCodePoints } from '@enlace/room-model'

/** Beyond, only the body as it was sent is tried: no honest sender nests so deep and sends it unsorted too. */
const MAX_DEPTH = 1_000

type SignedParts = { method: string; uri: string; origin: string; destination: string }

/** The possible signed bytes, likeliest first. `body`: valid JSON, empty when there is none. */
export function* signedForms(parts: SignedParts, body: Buffer): Generator<Buffer> {
  const { method, uri, origin, destination } = parts
  const rest = canonicalJson({ method, uri, origin, destination })
  if (body.length === 0) {
    yield Buffer.from(rest)
    return
  }
  // `content` comes before the other keys. As the body is one JSON value, it cannot reach beyond its place.
  const around = (content: Buffer) =>
    Buffer.concat([Buffer.from('{"content":'), content, Buffer.from(`,${rest.slice(1)}`)])
  yield around(body)
  const sorted = sortedText(body.toString(), 'canonical')
  if (sorted === undefined) return
  yield around(Buffer.from(sorted.text))
  if (sorted.numbersChanged) yield around(Buffer.from(sortedText(body.toString(), 'as-sent')!.text))
}

type Frame = { list: boolean; members: Map<string, string>; items: string; key: string | undefined }

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Valid JSON text with its keys sorted and without white space; of two members with one key the last. What has no
 * canonical form (numbers with a fraction or too large, broken text) stays. @returns undefined when it nests too deep
 */
export function sortedText(
  json: string,
  numbers: 'canonical' | 'as-sent',
): { text: string; numbersChanged: boolean } | undefined {
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

  for (let at = 0; at < json.length; ) {
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
