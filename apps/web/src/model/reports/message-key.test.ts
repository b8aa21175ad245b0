/** Against the encryption that clients really use: its messages, its exported sessions. */
import {
  DeviceId,
  EncryptionSettings,
  initAsync,
  OlmMachine,
  RoomId,
  UserId,
} from '@matrix-org/matrix-sdk-crypto-wasm'
import { beforeAll, expect, test } from 'vitest'
import { keyOfMessage } from './message-key.ts'
import { openMessage } from './message-opening.ts'

const ROOM = '!canal:hn'
const COUNT = 300
type Sent = { ciphertext: string; sessionId: string; roomId: string }
const sent: Sent[] = []
let exported: string

beforeAll(async () => {
  await initAsync()
  const machine = await OlmMachine.initialize(new UserId('@ana:hn'), new DeviceId('A'))
  const settings = new EncryptionSettings()
  settings.rotationPeriodMessages = 1_000n
  await machine.shareRoomKey(new RoomId(ROOM), [], settings)
  for (let index = 0; index < COUNT; index++) {
    const content = JSON.stringify({ body: `mensaje ${index}`, msgtype: 'm.text' })
    const event = JSON.parse(
      await machine.encryptRoomEvent(new RoomId(ROOM), 'm.room.message', content),
    ) as Record<string, string>
    sent.push({ ciphertext: event['ciphertext']!, sessionId: event['session_id']!, roomId: ROOM })
  }
  const keys = JSON.parse(await machine.exportRoomKeys(() => true)) as { session_key: string }[]
  exported = keys[0]!.session_key
})

test('opens the message it is of, also beyond where the ratchet turns over, and no other', async () => {
  for (const index of [0, 1, 7, 254, 255, 256, 257, 299]) {
    const key = (await keyOfMessage(exported, sent[index]!.ciphertext))!
    expect(await openMessage(key, sent[index]!)).toEqual({
      type: 'm.room.message',
      content: { body: `mensaje ${index}`, msgtype: 'm.text' },
    })
    for (const other of [0, 1, 255, 256, 298].filter((one) => one !== index))
      expect(await openMessage(key, sent[other]!)).toBeUndefined()
  }
})

test('what was changed, or is said to be of another room or session, is not shown', async () => {
  const one = sent[3]!
  const key = (await keyOfMessage(exported, one.ciphertext))!
  const bytes = Uint8Array.from(
    atob(one.ciphertext.padEnd(Math.ceil(one.ciphertext.length / 4) * 4, '=')),
    (c) => c.charCodeAt(0),
  )
  for (const at of [1, 2, 20, bytes.length - 70, bytes.length - 1]) {
    const changed = bytes.slice()
    changed[at] = changed[at]! ^ 1
    const ciphertext = btoa(String.fromCharCode(...changed)).replace(/=+$/, '')
    expect(await openMessage(key, { ...one, ciphertext })).toBeUndefined()
  }
  expect(await openMessage(key, { ...one, roomId: '!otra:hn' })).toBeUndefined()
  expect(
    await openMessage(key, {
      ...one,
      sessionId: `${one.sessionId[0] === 'A' ? 'B' : 'A'}${one.sessionId.slice(1)}`,
    }),
  ).toBeUndefined()
  const wrong = `${key.slice(0, 3)}${key[3] === 'A' ? 'B' : 'A'}${key.slice(4)}`
  expect(await openMessage(wrong, one)).toBeUndefined()
  for (const nonsense of ['', 'AAAA', '%%%', 'A'.repeat(5_000)]) {
    expect(await openMessage(key, { ...one, ciphertext: nonsense })).toBeUndefined()
    expect(await openMessage(nonsense, one)).toBeUndefined()
    expect(await keyOfMessage(exported, nonsense)).toBeUndefined()
  }
})
