/** A new topic channel of a corridor, for whoever coordinates it. */
import { topics } from '@enlace/coordination'
import { foundChannel } from '../../model/channels/conversations-api.ts'
import type { Session } from '../../model/session/types.ts'
import { arrived } from '../duty/write-to-duty.ts'
import type { Corridor } from './types.ts'

/** A topic that can be founded, with the kinds of institution its policy admits; `kinds` absent: the founder chooses. */
export type FoundableTopic = { topic: string; kinds?: readonly string[] }

/** Topics the corridor has no channel of, as far as this person sees. */
export function foundableTopics(corridor: Pick<Corridor, 'channels'>): FoundableTopic[] {
  const there = new Set(corridor.channels.filter((one) => one.known).map((one) => one.topic))
  return Object.entries(topics)
    .filter(([topic]) => !there.has(topic))
    .map(([topic, entry]) => ({ topic, ...('admits' in entry ? { kinds: entry.admits } : {}) }))
}

/** @returns the room, once this device has it, and whose server did not answer. @throws RequestError */
export async function found(
  session: Pick<Session, 'request' | 'client'>,
  wanted: { corridor: string; topic: string; kinds?: readonly string[] },
): Promise<{ roomId: string; notReached: readonly string[] }> {
  const { room_id, not_reached } = await foundChannel(session.request, wanted)
  await arrived(session.client, room_id)
  return { roomId: room_id, notReached: not_reached }
}
