import 'fake-indexeddb/auto'
import { EventEmitter } from 'node:events'
import type { MatrixClient } from 'matrix-js-sdk'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import { HeldError } from '../../lib/hold.ts'
import { deleteOwnDatabase, type OwnDatabase, openOwnDatabase } from '../../lib/own-database.ts'
import { createOutgoingGate, GATE_CODE } from './outgoing-gate.ts'
import { createTrust } from './trust.ts'

const ME = '@registro.hn:hn'
const ANA = '@ana:gt'
const ROOM = '!canal:hn'
const MEGOLM = { algorithm: 'm.megolm.v1.aes-sha2' }
let database: OwnDatabase
beforeEach(async () => {
  database = await openOwnDatabase(ME)
})
afterEach(async () => {
  database.close()
  await deleteOwnDatabase(ME)
})

/** A room with one other member, and a server that says whatever the test wants. */
function world() {
  const says = {
    encryption: MEGOLM as object | undefined,
    members: [ME, ANA],
    vouched: { [ME]: true, [ANA]: true } as Record<string, boolean>,
    absent: false,
    swapped: new Set<string>(),
    refusedByGate: false,
  }
  const done = { sent: 0, discarded: 0, asked: 0, reminded: 0 }
  const room = {
    roomId: ROOM,
    getEventForTxnId: () => undefined,
    getEncryptionTargetMembers: async () => says.members.map((userId) => ({ userId })),
    getMember: (userId: string) => (says.members.includes(userId) ? { membership: 'join' } : null),
    currentState: {
      getStateEvents: () => (says.encryption ? { getContent: () => says.encryption } : undefined),
    },
  }
  const crypto = {
    getUserVerificationStatus: async (userId: string) => ({ needsUserApproval: says.swapped.has(userId) }),
    forceDiscardSession: async () => {
      done.discarded += 1
    },
    onCryptoEvent: async () => {
      done.reminded += 1
    },
  }
  const client = Object.assign(new EventEmitter(), {
    getSafeUserId: () => ME,
    getCrypto: () => crypto,
    getRoom: (id: string) => (id === ROOM ? room : null),
    getRooms: () => [room],
    sendEvent: async () => {
      if (says.refusedByGate) throw new RequestError(403, { errcode: GATE_CODE })
      done.sent += 1
      return { event_id: '$1' }
    },
  }) as unknown as MatrixClient & EventEmitter
  const gate = createOutgoingGate()
  const identities = {
    masterKeyOf: async () => 'A',
    signingKeysOf: async () => new Map<string, string>(),
    accept: async () => false,
    sign: async () => ({}),
  }
  const request = async () => {
    done.asked += 1
    if (says.absent) throw new RequestError(404, {})
    return {
      version: done.asked,
      members: Object.fromEntries(
        Object.entries(says.vouched).map(([id, vouched]) => [
          id,
          vouched ? { vouched } : { vouched, reason: { es: 'No consta.', en: 'Unknown.' } },
        ]),
      ),
    }
  }
  const news = (version = 9) =>
    client.emit('event', {
      getType: () => 'org.enlace.vouched',
      getContent: () => ({ room_id: ROOM, version }),
      getRoomId: () => ROOM,
    })
  const keysTo = async (userId: string) => {
    let left = false
    await gate.guard(async () => {
      left = true
      return new Response('{}')
    })('https://hn/_matrix/client/v3/sendToDevice/m.room.encrypted/t', {
      method: 'PUT',
      body: JSON.stringify({ messages: { [userId]: { D: {} } } }),
    })
    return left
  }
  return {
    says,
    done,
    client,
    news,
    keysTo,
    open: () => createTrust({ client, request, database, gate, personOf: () => ({}), identities }),
  }
}
const heldBy = (sending: Promise<unknown>) =>
  sending.then(
    () => undefined,
    (error: unknown) => (error instanceof HeldError ? error.hold : error),
  )

test('what could not be sent is sent again under its transaction: no echo of it is left, though the SDK forgets one', async () => {
  const { open, client } = world()
  const echoes = new Map<string, { status: string | null }>()
  const room = {
    ...client.getRoom(ROOM),
    txnToEvent: echoes,
    getEventForTxnId: (txn: string) => echoes.get(txn),
  }
  const cancelled: unknown[] = []
  let isDown = true
  Object.assign(client, {
    getRoom: () => room,
    cancelPendingEvent: (event: unknown) => cancelled.push(event),
    sendEvent: async (_room: string, _type: string, _content: object, txn: string) => {
      // As the SDK does.
      if (echoes.has(txn)) throw new Error('this transaction is known')
      echoes.set(txn, { status: isDown ? 'not_sent' : 'sent' })
      if (isDown) throw new TypeError('no network')
      return { event_id: '$1' }
    },
  })
  const trust = await open()
  for (let n = 1; n <= 3; n++) {
    await expect(trust.send(ROOM, 'org.enlace.meeting.record', {}, 't')).rejects.toThrow('no network')
    expect(cancelled).toHaveLength(n)
  }
  isDown = false
  expect(await trust.send(ROOM, 'org.enlace.meeting.record', {}, 't')).toBe('$1')
  expect(echoes.get('t')).toEqual({ status: 'sent' })
})

describe('hostile: what is sent to a room', () => {
  test('nothing without encryption', async () => {
    const { says, done, open } = world()
    says.encryption = undefined
    const trust = await open()
    expect(await heldBy(trust.send(ROOM, 'm.room.message', {}, 't'))).toEqual({ kind: 'not_encrypted' })
    expect(done.sent).toBe(0)
  })

  test('encryption that was redacted is still there, also after a restart, and the SDK is told', async () => {
    const { says, done, open } = world()
    const before = await open()
    expect(before.isEncrypted(ROOM)).toBe(true)
    before.close()
    for (const redacted of [undefined, {}, { algorithm: 'none' }]) {
      says.encryption = redacted
      const after = await open()
      expect(after.isEncrypted(ROOM)).toBe(true)
      expect(after.encryptionOf(ROOM)).toEqual(MEGOLM)
      expect(await after.send(ROOM, 'm.room.message', {}, 't')).toBe('$1')
      after.close()
    }
    expect(done.reminded).toBeGreaterThan(0)
  })

  test('nothing while the node does not vouch for a member, and the node is asked again on news', async () => {
    const { says, done, news, open } = world()
    says.vouched[ANA] = false
    const trust = await open()
    expect(await heldBy(trust.send(ROOM, 'm.room.message', {}, 't'))).toMatchObject({
      kind: 'unvouched',
      members: [{ userId: ANA, reason: { es: 'No consta.' } }],
    })
    expect(done.sent).toBe(0)
    says.vouched[ANA] = true
    news()
    expect(await trust.send(ROOM, 'm.room.message', {}, 't')).toBe('$1')
    const { asked } = done
    await trust.send(ROOM, 'm.room.message', {}, 't')
    expect(done.asked).toBe(asked)
  })

  test('news of a list that it has already do not make it ask again', async () => {
    const { done, news, open } = world()
    const trust = await open()
    await trust.send(ROOM, 'm.room.message', {}, 't')
    const { asked } = done
    news(asked)
    await trust.send(ROOM, 'm.room.message', {}, 't')
    expect(done.asked).toBe(asked)
    news(asked + 1)
    await trust.send(ROOM, 'm.room.message', {}, 't')
    expect(done.asked).toBe(asked + 1)
  })

  test('somebody the list does not know is nobody it vouches for', async () => {
    const { says, open } = world()
    const trust = await open()
    await trust.send(ROOM, 'm.room.message', {}, 't')
    says.members.push('@intrusa:gt')
    expect(await heldBy(trust.send(ROOM, 'm.room.message', {}, 't'))).toMatchObject({
      kind: 'unvouched',
      members: [{ userId: '@intrusa:gt' }],
    })
  })

  test('the session goes when somebody is no longer vouched for', async () => {
    const { says, done, news, open } = world()
    const trust = await open()
    await trust.send(ROOM, 'm.room.message', {}, 't')
    delete says.vouched[ANA]
    says.members = [ME]
    news()
    await trust.send(ROOM, 'm.room.message', {}, 't')
    expect(done.discarded).toBe(1)
  })

  test('nothing while a changed identity is not accepted; the day it was seen stays', async () => {
    const { says, done, open } = world()
    const trust = await open()
    says.swapped.add(ANA)
    const first = await heldBy(trust.send(ROOM, 'm.room.message', {}, 't'))
    expect(first).toMatchObject({ kind: 'identity', members: [{ userId: ANA }] })
    trust.close()
    const again = await open()
    expect(await heldBy(again.send(ROOM, 'm.room.message', {}, 't'))).toEqual(first)
    expect(done.sent).toBe(0)
    says.swapped.clear()
    expect(await again.send(ROOM, 'm.room.message', {}, 't')).toBe('$1')
  })

  test('another Matrix server vouches for nobody: identities alone count there', async () => {
    const { says, open } = world()
    says.absent = true
    const trust = await open()
    expect(await trust.send(ROOM, 'm.room.message', {}, 't')).toBe('$1')
  })

  test('what the last step kept back makes the session unused', async () => {
    const { says, done, open } = world()
    says.refusedByGate = true
    const trust = await open()
    expect(await heldBy(trust.send(ROOM, 'm.room.message', {}, 't'))).toBeInstanceOf(Error)
    expect(done.discarded).toBe(1)
  })
})

test('hostile: keys do not go to an identity that changed after the check', async () => {
  const { says, keysTo, open } = world()
  await open()
  expect(await keysTo(ANA)).toBe(true)
  says.swapped.add(ANA)
  expect(await keysTo(ANA)).toBe(false)
  expect(await keysTo(ME)).toBe(true)
})
