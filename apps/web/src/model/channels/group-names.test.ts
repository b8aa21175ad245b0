import { EventEmitter } from 'node:events'
import { conversationNameEventType } from '@enlace/coordination'
import { MatrixEventEvent } from 'matrix-js-sdk'
import { expect, test, vi } from 'vitest'
import { createVolatileDatabase } from '../../lib/volatile-database.ts'
import type { Session } from '../session/types.ts'
import { createGroupNames } from './group-names.ts'

const ROOM = '!grupo:hn'

/** A group whose name is said in an event this device has, and may not have the key of yet. */
function group(isOpen: boolean) {
  let open = isOpen
  const event = Object.assign(new EventEmitter(), {
    isEncrypted: () => true,
    isDecryptionFailure: () => !open,
    isRedacted: () => false,
    getType: () => (open ? conversationNameEventType : 'm.room.encrypted'),
    getClearContent: () => (open ? { name: 'Turno de la noche' } : null),
  })
  const state = { getContent: () => ({ event_id: '$nombre' }) }
  const client = {
    getRoom: () => ({
      currentState: { getStateEvents: () => state },
      findEventById: () => event,
    }),
    decryptEventIfNeeded: async () => undefined,
  }
  const names = createGroupNames({ client, database: createVolatileDatabase() } as unknown as Session)
  return {
    names,
    event,
    keyComes() {
      open = true
      event.emit(MatrixEventEvent.Decrypted, event)
    },
  }
}

test('a name is known once it was read, and whoever shows it is told', async () => {
  const { names } = group(true)
  expect(names.nameOf(ROOM)).toBeUndefined()
  await vi.waitFor(() => expect(names.version.get()).toBe(1))
  expect(names.nameOf(ROOM)).toBe('Turno de la noche')
})

test('a key that comes late is enough: nobody asks again, and nothing else happens in the group', async () => {
  const { names, event, keyComes } = group(false)
  for (let drawn = 0; drawn < 3; drawn++) {
    expect(names.nameOf(ROOM)).toBeUndefined()
    await vi.waitFor(() => expect(event.listenerCount(MatrixEventEvent.Decrypted)).toBe(1))
  }
  keyComes()
  await vi.waitFor(() => expect(names.version.get()).toBe(1))
  expect(names.nameOf(ROOM)).toBe('Turno de la noche')
  expect(event.listenerCount(MatrixEventEvent.Decrypted)).toBe(0)
})
