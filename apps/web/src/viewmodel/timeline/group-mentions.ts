import type { Room } from 'matrix-js-sdk'
import type { Person } from '../../model/channels/types.ts'
import { fetchDutyNow } from '../../model/duty/duty-api.ts'
import type { Session } from '../../model/session/types.ts'
import { topicOf } from '../channels/channel-list.ts'
import { groupMembers } from '../channels/members.ts'
import { mentionLabels } from './mentions.ts'

/** What is written, in either language, for who is on duty. */
export const DUTY_LABELS = ['guardia', 'duty']
/** As many as a message may name (and as are read of one). */
export const MOST_MENTIONED = 100
const FRESH_MS = 60_000
/** Older than this it may be the shift before. */
const STALE_MS = 5 * 60_000
const PATIENCE_MS = 4_000
const MOST_INSTITUTIONS = 12

/** Whom `@` and a label means: the label, and the people's ids. */
export type Groups = ReadonlyMap<string, readonly string[]>

/** Each institution with people in the channel, by its name; not where a person is called the same. */
export function institutionGroups(members: readonly Person[]): Groups {
  const taken = new Set(mentionLabels(members).values())
  return new Map(
    groupMembers(members).flatMap(({ key, institutionName, people }) =>
      key === '' || !institutionName || taken.has(institutionName)
        ? []
        : [[institutionName, people.map((one) => one.userId)] as const],
    ),
  )
}

/**
 * Who of a channel's institutions is on duty for its topic now, and is in the channel: nobody else would read the
 * message. Each institution's node is asked, by one's own; an institution that does not answer is left out.
 */
export function createDutyMention(
  session: Pick<Session, 'request' | 'people' | 'client' | 'trust' | 'userId'>,
  room: Room,
  topic: () => string | undefined,
): { known(): readonly string[] | undefined; ask(): Promise<readonly string[] | undefined> } {
  let found: { at: number; people: readonly string[] } | undefined
  let asking: Promise<void> | undefined

  const members = () =>
    session.people
      .members(room.roomId)
      .filter((one) => one.membership === 'join' && one.userId !== session.userId)

  async function fetchAll(): Promise<void> {
    const all = members()
    const here = new Set(all.map((one) => one.userId))
    const institutions = [...new Set(all.flatMap((one) => one.institution ?? []))].slice(0, MOST_INSTITUTIONS)
    const answers = await Promise.allSettled(
      institutions.map((institution) => fetchDutyNow(session.request, institution, topic())),
    )
    const ok = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    if (ok.length === 0 && institutions.length > 0) return
    const ids = ok.flatMap(({ positions }) =>
      positions.flatMap(({ on_duty }) => on_duty.map((one) => one.user_id)),
    )
    found = { at: Date.now(), people: [...new Set(ids)].filter((id) => here.has(id)) }
  }

  const known = () => (found && Date.now() - found.at < STALE_MS ? found.people : undefined)
  return {
    known,
    async ask() {
      if (!found || Date.now() - found.at > FRESH_MS) {
        asking ??= fetchAll().finally(() => {
          asking = undefined
        })
        // A message does not wait for long: without an answer it says nobody's name.
        await Promise.race([asking, new Promise((done) => setTimeout(done, PATIENCE_MS))]).catch(
          () => undefined,
        )
      }
      return known()
    },
  }
}

/** The topic that duty is asked for: of rooms that only say they are channels, none. */
export const dutyTopic = (session: Session, room: Room): string | undefined => {
  const { topic, known } = topicOf(session, room)
  return known ? topic : undefined
}
