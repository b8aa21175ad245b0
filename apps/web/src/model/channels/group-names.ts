/**
 * Names of groups: encrypted events, which the room's state names by their id. What was read once is kept on the device, because the
 * event may lie far back.
 */
import { conversationNameEventType, conversationNameSchema, groupNameLength } from '@enlace/coordination'
import { type MatrixClient, type MatrixEvent, MatrixEventEvent } from 'matrix-js-sdk'
import { z } from 'zod'
import { plainName } from '../../lib/plain-name.ts'
import { createStore, type ReadableStore } from '../../lib/store.ts'
import type { Session } from '../session/types.ts'

const keptSchema = z.object({ eventId: z.string(), name: z.string() })
const contentSchema = z.object({ name: z.string().max(1_000) })

export interface GroupNames {
  /** Rises when a name has become known. */
  readonly version: ReadableStore<number>
  /** As far as it is known now; what is not is looked for. */
  nameOf(roomId: string): string | undefined
  /** @throws HeldError, RequestError */
  rename(roomId: string, name: string): Promise<void>
}

const clean = (name: string) => [...plainName(name)].slice(0, groupNameLength).join('').trim()

export function createGroupNames(
  session: Pick<Session, 'client' | 'database' | 'trust' | 'request'>,
): GroupNames {
  const { client, database } = session
  const version = createStore(0)
  const known = new Map<string, { eventId: string; name: string }>()
  const looking = new Set<string>()
  /** events whose key has not come yet */
  const shut = new Set<string>()

  function learn(roomId: string, eventId: string, name: string): void {
    if (known.get(roomId)?.eventId === eventId) return
    known.set(roomId, { eventId, name: clean(name) })
    version.set(version.get() + 1)
  }

  async function look(roomId: string, eventId: string): Promise<void> {
    const kept = keptSchema.safeParse(await database.get('facts', `group-name:${roomId}`))
    if (kept.success && kept.data.eventId === eventId) return learn(roomId, eventId, kept.data.name)
    const event = await find(client, roomId, eventId)
    if (event.isDecryptionFailure() && !shut.has(eventId)) {
      shut.add(eventId)
      // Nothing else need happen in the group when its key comes.
      event.once(MatrixEventEvent.Decrypted, () => {
        shut.delete(eventId)
        void look(roomId, eventId).catch(() => undefined)
      })
    }
    const name = nameIn(event)
    if (name === undefined) return
    learn(roomId, eventId, name)
    await database.put('facts', `group-name:${roomId}`, { eventId, name })
  }

  return {
    version,
    nameOf(roomId) {
      const said = conversationNameSchema.safeParse(
        client.getRoom(roomId)?.currentState.getStateEvents(conversationNameEventType, '')?.getContent(),
      )
      if (!said.success) return undefined
      const { event_id } = said.data
      const one = known.get(roomId)
      const key = `${roomId}|${event_id}`
      if (one?.eventId !== event_id && !looking.has(key)) {
        looking.add(key)
        // Not read now for want of a network: asked again when the list is drawn anew.
        void look(roomId, event_id)
          .catch(() => undefined)
          .finally(() => looking.delete(key))
      }
      return one?.name || undefined
    },
    async rename(roomId, name) {
      const content = { name: clean(name) }
      const eventId = await session.trust.send(roomId, conversationNameEventType, content, client.makeTxnId())
      await session.request(
        'PUT',
        `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/${conversationNameEventType}/`,
        { event_id: eventId },
      )
      learn(roomId, eventId, content.name)
      await database.put('facts', `group-name:${roomId}`, { eventId, name: content.name })
    },
  }
}

async function find(client: MatrixClient, roomId: string, eventId: string): Promise<MatrixEvent> {
  const event =
    client.getRoom(roomId)?.findEventById(eventId) ??
    client.getEventMapper()(await client.fetchRoomEvent(roomId, eventId))
  await client.decryptEventIfNeeded(event)
  return event
}

/** Only of what came encrypted, and as such a name. */
function nameIn(event: MatrixEvent): string | undefined {
  if (!event.isEncrypted() || event.isDecryptionFailure()) return undefined
  if (event.getType() !== conversationNameEventType || event.isRedacted()) return undefined
  const parsed = contentSchema.safeParse(event.getClearContent())
  return parsed.success ? parsed.data.name : undefined
}
