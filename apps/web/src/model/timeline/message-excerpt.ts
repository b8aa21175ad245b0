import { readHtml } from '../../lib/rich-html.ts'
import { lineOf } from '../../lib/rich-nodes.ts'
import type { EventView, MessageItem } from './types.ts'

const MAX = 140

/** A message in few words, as it reads where it is shown: wherever one is told of and not shown. */
export function excerptOf(event: EventView | undefined): string | undefined {
  return !event || event.redacted || !event.body ? undefined : excerptOfBody(event.body)
}

export function excerptOfBody(body: MessageItem['body']): string | undefined {
  if (body.type === 'text') return plainTextOf(body).slice(0, MAX)
  if ('file' in body || body.type === 'outgoing_file') return body.caption?.slice(0, MAX) ?? body.name
  if (body.type === 'place') return body.words
  if (body.type === 'card') return [body.name, body.service].filter(Boolean).join(' · ')
  return undefined
}

/** What a text says without the signs of its form. */
export function plainTextOf(body: { text: string; html?: string }): string {
  const nodes = body.html === undefined ? undefined : readHtml(body.html)
  return nodes ? lineOf(nodes) : body.text.replace(/\s+/g, ' ')
}
