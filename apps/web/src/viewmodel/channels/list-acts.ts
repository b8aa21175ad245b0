/** What a person does with a channel in their list. Each says how it is undone. */
import type { MatrixClient } from 'matrix-js-sdk'
import type { Session } from '../../model/session/types.ts'
import type { Channel, ChannelsModel, NoticeLevel } from './types.ts'

export { noticeLevels } from '../../model/channels/room-prefs.ts'

/** For ever is a level of its own. */
export const muteChoices = ['hour', 'morning', 'week'] as const
export type MuteChoice = (typeof muteChoices)[number]

const HOUR_MS = 3_600_000
const MORNING = 8

/** Until when. `morning`: the next eight o'clock here, after midnight that of the same day. */
export function muteUntil(choice: MuteChoice, now: Date): number {
  if (choice === 'hour') return now.getTime() + HOUR_MS
  const then = new Date(now)
  if (choice === 'week') then.setDate(then.getDate() + 7)
  else {
    then.setHours(MORNING, 0, 0, 0)
    if (then <= now) then.setDate(then.getDate() + 1)
  }
  return then.getTime()
}

export type ListAct =
  | { act: 'mute'; choice: MuteChoice }
  | { act: 'level'; level: NoticeLevel }
  | { act: 'unmute' | 'markUnread' | 'markRead' | 'archive' | 'unarchive' }

/** @returns what undoes it. @throws RequestError */
export async function doListAct(
  session: Pick<Session, 'client'>,
  { prefs }: Pick<ChannelsModel, 'prefs'>,
  channel: Channel,
  what: ListAct,
  now = new Date(),
): Promise<() => Promise<void>> {
  const { roomId, muted } = channel
  switch (what.act) {
    case 'mute':
      await prefs.mute(roomId, { until: muteUntil(what.choice, now) })
      return () => prefs.mute(roomId, muted)
    case 'unmute':
      await prefs.mute(roomId, undefined)
      return () => prefs.mute(roomId, muted)
    case 'level': {
      const { level } = channel
      await prefs.setLevel(roomId, what.level)
      return async () => {
        await prefs.setLevel(roomId, level)
        if (muted && muted.until !== 0) await prefs.mute(roomId, muted)
      }
    }
    case 'markUnread':
      await prefs.markUnread(roomId, true)
      return () => prefs.markUnread(roomId, false)
    case 'markRead':
      await prefs.markUnread(roomId, false)
      await readAll(session.client, roomId)
      // That others were told one has read it cannot be taken back; that it waits for one can.
      return () => prefs.markUnread(roomId, true)
    case 'archive':
      await prefs.archive(roomId, true)
      return () => prefs.archive(roomId, false)
    case 'unarchive':
      await prefs.archive(roomId, false)
      return () => prefs.archive(roomId, true)
  }
}

async function readAll(client: MatrixClient, roomId: string): Promise<void> {
  const last = client.getRoom(roomId)?.getLiveTimeline().getEvents().at(-1)
  const id = last?.getId()
  if (last && id) await client.setRoomReadMarkers(roomId, id, last)
}
