import type { WaitKind } from '../../lib/waiting.ts'
import { holdPublications } from '../../model/institution/publications.ts'
import { holdMeetings } from '../../model/meetings/meetings.ts'
import type { Session } from '../../model/session/types.ts'

/**
 * Meeting steps and signed words of institutions that wait, sent without their pages.
 *
 * @param isAsked also what was refused before
 * @returns lets go at once; what is sent lets go by itself
 */
export function sendQueues(session: Session, isAsked: boolean): () => void {
  const { database } = session
  const counts = database.waiting.get()
  const releases: (() => void)[] = []
  const until = (kind: WaitKind, release: () => void) => {
    const look = () => {
      if (database.waiting.get()[kind]) return
      stop()
      release()
    }
    const stop = database.waiting.subscribe(look)
    releases.push(() => {
      stop()
      release()
    })
  }
  if (counts.meetings) {
    const { value, release } = holdMeetings(session)
    until('meetings', release)
    if (isAsked) value.retry()
  }
  if (counts.publications) {
    const { value, release } = holdPublications(session)
    until('publications', release)
    void value.load()
  }
  return () => {
    for (const one of releases) one()
  }
}
