import { type MatrixClient, MatrixEvent, type Room, type RoomState, RoomStateEvent } from 'matrix-js-sdk'
import { z } from 'zod'
import type { OwnDatabase } from '../../lib/own-database.ts'

const KEY = 'encrypted_rooms'
const TYPE = 'm.room.encryption'
const encryptionSchema = z.looseObject({ algorithm: z.literal('m.megolm.v1.aes-sha2') })
const keptSchema = z.record(z.string(), encryptionSchema)

export interface EncryptedRooms {
  has(roomId: string): boolean
  encryptionOf(roomId: string): unknown
  close(): void
}

/**
 * Which rooms are encrypted, kept on this device. A redacted or senseless `m.room.encryption` takes nothing back: the
 * room stays encrypted as it was.
 */
export async function watchEncryptedRooms(
  client: MatrixClient,
  database: OwnDatabase,
  onChange: () => void,
): Promise<EncryptedRooms> {
  const parsed = keptSchema.safeParse(await database.get('facts', KEY).catch(() => undefined))
  const reminded = new Set<string>()
  const kept = new Map<string, unknown>(parsed.success ? Object.entries(parsed.data) : [])

  function look(room: Room): void {
    const { roomId } = room
    const event = room.currentState.getStateEvents(TYPE, '')
    const content = encryptionSchema.safeParse(event?.getContent())
    if (content.success) {
      if (JSON.stringify(kept.get(roomId)) === JSON.stringify(content.data)) return
      kept.set(roomId, content.data)
      void database.put('facts', KEY, Object.fromEntries(kept)).catch(() => undefined)
      onChange()
    } else if (kept.has(roomId) && !reminded.has(roomId)) {
      reminded.add(roomId)
      remind(room)
    }
  }

  /** The SDK ignores a senseless event, and after a restart would know nothing of the room's encryption. */
  function remind(room: Room): void {
    const crypto = client.getCrypto() as unknown as
      | { onCryptoEvent?(room: Room, event: MatrixEvent): Promise<void> }
      | undefined
    const event = new MatrixEvent({
      type: TYPE,
      state_key: '',
      room_id: room.roomId,
      content: kept.get(room.roomId) as object,
    })
    void crypto?.onCryptoEvent?.(room, event).catch(() => undefined)
  }

  const onState = (event: MatrixEvent, state: RoomState) => {
    const room = event.getType() === TYPE ? client.getRoom(state.roomId) : null
    if (room) look(room)
  }
  client.on(RoomStateEvent.Events, onState)
  for (const room of client.getRooms()) look(room)

  return {
    has: (roomId) => {
      const room = client.getRoom(roomId)
      if (room) look(room)
      return kept.has(roomId)
    },
    encryptionOf: (roomId) => kept.get(roomId),
    close: () => client.off(RoomStateEvent.Events, onState),
  }
}
