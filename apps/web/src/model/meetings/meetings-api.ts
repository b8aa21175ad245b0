/** What the node has of meetings: the list, and by Matrix's own relations each one's envelopes and sealed records. */
import type { TimelineEvent } from '@enlace/coordination'
import { meetingUpdateEventType } from '@enlace/coordination/meetings'
import type { IEvent, MatrixEvent } from 'matrix-js-sdk'
import { type AuthedRequest, ENLACE, unlessAbsent } from '../../lib/request.ts'
import { timelineEventSchema } from '../cases/records.ts'
import type { Session } from '../session/types.ts'
import { listSchema, pageSchema } from './records.ts'

const PAGE = 100
/** Of one meeting; more is not written by people. */
const MAX_PAGES = 50
const enc = encodeURIComponent

/** @returns undefined on a server that has none */
export async function fetchMeetings(request: AuthedRequest) {
  const answer = await unlessAbsent(request('GET', `${ENLACE}/meetings`).then((one) => listSchema.parse(one)))
  return answer?.meetings
}

export async function fetchRoot(request: AuthedRequest, roomId: string, id: string): Promise<TimelineEvent> {
  const answer = await request('GET', `/_matrix/client/v3/rooms/${enc(roomId)}/event/${enc(id)}`)
  return { ...timelineEventSchema.parse(answer), room_id: roomId }
}

async function relations(request: AuthedRequest, roomId: string, id: string, kind: string) {
  const found: Record<string, unknown>[] = []
  let from: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = `dir=f&limit=${PAGE}${from === undefined ? '' : `&from=${enc(from)}`}`
    const path = `/_matrix/client/v1/rooms/${enc(roomId)}/relations/${enc(id)}/${kind}?${query}`
    const { chunk, next_batch } = pageSchema.parse(await request('GET', path))
    found.push(...chunk)
    from = next_batch
    if (from === undefined) break
  }
  return found
}

export async function fetchEnvelopes(
  request: AuthedRequest,
  roomId: string,
  id: string,
): Promise<TimelineEvent[]> {
  const found = await relations(request, roomId, id, `m.reference/${meetingUpdateEventType}`)
  return found.flatMap((one) => {
    const parsed = timelineEventSchema.safeParse(one)
    return parsed.success ? [{ ...parsed.data, room_id: roomId }] : []
  })
}

/** Decrypted where this device can. */
export async function fetchRecords(
  { request, client }: Pick<Session, 'request' | 'client'>,
  roomId: string,
  id: string,
): Promise<MatrixEvent[]> {
  const found = await relations(request, roomId, id, 'm.thread/m.room.encrypted')
  const map = client.getEventMapper({ decrypt: false, preventReEmit: true })
  const events = found.map((one) => map({ ...one, room_id: roomId } as Partial<IEvent>))
  await Promise.all(events.map((event) => client.decryptEventIfNeeded(event)))
  return events
}
