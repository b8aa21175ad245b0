/** What the node has, by Matrix's own endpoints: envelopes of a channel, and the sealed record each names. */
import type { TimelineEvent } from '@enlace/coordination'
import type { IEvent, MatrixEvent } from 'matrix-js-sdk'
import type { AuthedRequest } from '../../lib/request.ts'
import { timelineEventSchema } from '../cases/records.ts'
import type { Session } from '../session/types.ts'
import { messagesSchema } from './kept-records.ts'

/** Events the server looks through for one answer, of which it sends the envelopes alone. */
const PAGE = 1_000
/** 20,000 events back from now. */
const MAX_PAGES = 20
const enc = encodeURIComponent

/**
 * @param since where the last answer ended; undefined: from now back
 * @returns what is new, and where the next one begins
 */
export async function fetchEnvelopes(
  request: AuthedRequest,
  roomId: string,
  types: readonly string[],
  since: string | undefined,
): Promise<{ events: TimelineEvent[]; next: string | undefined }> {
  const filter = enc(JSON.stringify({ types }))
  const events: TimelineEvent[] = []
  let from = since
  let next = since
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = `dir=${since === undefined ? 'b' : 'f'}&limit=${PAGE}&filter=${filter}`
    const path = `/_matrix/client/v3/rooms/${enc(roomId)}/messages?${query}${from === undefined ? '' : `&from=${enc(from)}`}`
    const answer = messagesSchema.parse(await request('GET', path))
    for (const one of answer.chunk) {
      const parsed = timelineEventSchema.safeParse(one)
      if (parsed.success) events.push({ ...parsed.data, room_id: roomId })
    }
    if (since !== undefined) next = answer.end ?? next
    else if (page === 0) next = answer.start
    from = answer.end
    if (from === undefined) break
  }
  return { events, next }
}

/** Decrypted where this device can. @throws what the request throws */
export async function fetchRecord(
  { request, client }: Pick<Session, 'request' | 'client'>,
  roomId: string,
  id: string,
): Promise<MatrixEvent> {
  const raw = await request('GET', `/_matrix/client/v3/rooms/${enc(roomId)}/event/${enc(id)}`)
  const map = client.getEventMapper({ decrypt: false, preventReEmit: true })
  const event = map({ ...(raw as object), room_id: roomId } as Partial<IEvent>)
  await client.decryptEventIfNeeded(event)
  return event
}
