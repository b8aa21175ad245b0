import { fetchReaders, fileReport } from '../../model/reports/reports-api.ts'
import type { Session } from '../../model/session/types.ts'
import { listedIn } from './listed.ts'
import type { ReportDraft, ReportReaders } from './types.ts'

type Ground = Pick<Session, 'request' | 'disclosures' | 'me' | 'client'>

export async function readersOf(session: Session, roomId: string, eventId: string): Promise<ReportReaders> {
  const own = session.me.get()?.institution?.key
  const desks = await fetchReaders(session.request, roomId, eventId)
  const listed = await Promise.all(desks.map((desk) => listedIn(session, desk)))
  const all = listed.flat()
  const reached = new Set(await session.disclosures.reachable(all))
  return {
    desks: desks.map((desk, index) => ({
      ...desk,
      own: desk.institution !== undefined && desk.institution === own,
      reachable: listed[index]!.filter((one) => reached.has(one)),
    })),
  }
}

/** Files it, and sends what goes with it sealed: now, or as soon as there is a network. */
export async function report(
  session: Ground,
  about: { roomId: string; eventId: string },
  { desks }: ReportReaders,
  { reason, words, consent, named }: ReportDraft,
): Promise<void> {
  const { roomId, eventId } = about
  const filed = await fileReport(session.request, {
    room_id: roomId,
    event_id: eventId,
    reason,
    named,
    disclosed: consent,
  })
  const to = desks.filter(({ own }) => own || named).flatMap(({ coordinators }) => coordinators)
  if (to.length === 0 || (!consent && words.trim() === '')) return
  const edit = session.client.getRoom(roomId)?.findEventById(eventId)?.replacingEventId()
  await session.disclosures.send({
    ref: filed.id,
    roomId,
    events: consent ? [eventId, ...(edit ? [edit] : [])] : [],
    words: words.trim(),
    to,
  })
}
