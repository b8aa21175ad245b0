import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually, startTestNetwork, type TestNetwork } from './support/network.ts'
import { channel, knowsDevicesOf, signIn, type TestPerson } from './support/sdk-client.ts'

let network: TestNetwork
let registrar: TestPerson
let court: TestPerson
let room: string

const SECRET_HN = 'Partida de nacimiento folio 4417 Xoloitzcuintle'
const SECRET_GT = 'Audiencia del expediente Quetzaltenango 9921'

beforeAll(async () => {
  network = await startTestNetwork()
  registrar = await signIn(network.hn.baseUrl, 'registro.hn')
  // One over the realtime transport, one as a standard Matrix client over plain HTTP.
  court = await signIn(network.gt.baseUrl, 'juzgado.gt', { http: true })
  room = await channel(registrar, `#documentation:${network.hn.serverName}`)
  await eventually('the court sees the channel', () => court.client.getRoom(room) !== null)
  await knowsDevicesOf(registrar, court)
  await knowsDevicesOf(court, registrar)
})

afterAll(async () => {
  registrar?.stop()
  court?.stop()
  await network?.dispose()
})

test('encrypted messages go both ways between two nodes and are decrypted on the other side', async () => {
  expect(registrar.client.getRoom(room)!.hasEncryptionStateEvent()).toBe(true)
  await registrar.client.sendTextMessage(room, SECRET_HN)
  await eventually('the court reads the registrar', () =>
    court.texts(room).some((message) => message.body === SECRET_HN && message.sender === registrar.userId),
  )
  await court.client.sendTextMessage(room, SECRET_GT)
  await eventually('the registrar reads the court', () =>
    registrar.texts(room).some((message) => message.body === SECRET_GT && message.sender === court.userId),
  )
  const raw = await registrar.client.fetchRoomEvent(room, registrar.texts(room).at(-1)!.eventId)
  expect(raw.type).toBe('m.room.encrypted')
})

test('neither node keeps the words that were written', () => {
  for (const node of [network.hn, network.gt]) {
    for (const words of ['Xoloitzcuintle', 'Quetzaltenango']) {
      // Every byte under the node's data folder: database, write-ahead log, media, keys.
      const found = execFileSync('sh', ['-c', 'grep -rlaF -- "$1" "$2" || true', 'sh', words, node.dataDir])
      expect(found.toString()).toBe('')
    }
  }
})

test('a long conversation arrives complete, once and in order', async () => {
  const expected: string[] = []
  for (let index = 0; index < 30; index++) {
    const writer = index % 2 === 0 ? registrar : court
    const body = `mensaje ${index}`
    expected.push(body)
    await writer.client.sendTextMessage(room, body)
    const reader = index % 2 === 0 ? court : registrar
    await eventually(`${body} arrives`, () => reader.texts(room).some((message) => message.body === body))
  }
  const numbered = (person: TestPerson) =>
    person
      .texts(room)
      .map((message) => message.body)
      .filter((body) => body.startsWith('mensaje '))
  expect(numbered(registrar)).toEqual(expected)
  expect(numbered(court)).toEqual(expected)
})
