import { expect, test } from 'vitest'
import type { OwnStore } from '../../lib/own-database.ts'
import { createVolatileDatabase } from '../../lib/volatile-database.ts'
import type { DeviceAddress, SealedNote } from '../history/types.ts'
import { createDisclosures, DISCLOSURE, DISCLOSURE_REQUEST } from './disclosures.ts'

const REF = 'r'.repeat(36)
const CHIEF = '@jefa:hn'

function world() {
  const sent: { type: string; devices: readonly DeviceAddress[]; content: Record<string, unknown> }[] = []
  let listener: (note: SealedNote) => void = () => undefined
  const state = { online: true, signed: true, at: 1_000, without: [] as string[] }
  const database = createVolatileDatabase()
  const make = () =>
    createDisclosures({
      client: { getRoom: () => null },
      database,
      desk: {
        devicesOf: async (ids) =>
          ids.filter((one) => !state.without.includes(one)).map((userId) => ({ userId, deviceId: 'D' })),
        senderOf: async ({ sender }) => (state.signed ? { userId: sender, deviceId: 'D' } : undefined),
        async send(type, devices, content) {
          if (!state.online) throw new TypeError('offline')
          sent.push({ type, devices, content })
        },
        sessionKey: async () => undefined,
        onNote(one) {
          listener = one
          return () => undefined
        },
      },
      now: () => state.at,
    })
  const note = (content: unknown, sender = '@testigo:gt', type = DISCLOSURE) =>
    listener({ type, content, sender, senderDevice: 'D', senderKey: 'k' })
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    await database.get('facts' satisfies OwnStore, 'x')
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  return { make, note, settled, sent, state }
}

test('what is sent waits for the network, outlives the page, and goes once', async () => {
  const { make, sent, state } = world()
  state.online = false
  const first = await make()
  await first.send({ ref: REF, roomId: '!r', events: [], words: 'palabras', to: [CHIEF] })
  first.close()
  state.online = true
  const second = await make()
  second.wake()
  await second.send({ ref: `${REF}2`, roomId: '!r', events: [], words: '', to: [CHIEF] })
  expect(sent.map(({ content }) => content['id'])).toEqual([REF, `${REF}2`])
  expect(sent[0]).toMatchObject({ type: DISCLOSURE, content: { words: 'palabras' } })
})

test('whoever has no confirmed device yet is sent it when there is one, and nobody twice', async () => {
  const { make, sent, state } = world()
  const toOf = () => sent.map(({ devices }) => devices.map(({ userId }) => userId))
  state.without = ['@nueva:hn', '@sin:hn']
  const first = await make()
  await first.send({ ref: REF, roomId: '!r', events: [], words: 'a', to: [CHIEF, '@nueva:hn', '@sin:hn'] })
  await first.send({ ref: `${REF}2`, roomId: '!r', events: [], words: 'b', to: ['@sin:hn'] })
  expect(toOf()).toEqual([[CHIEF]])
  first.close()
  state.without = ['@sin:hn']
  const second = await make()
  await second.send({ ref: `${REF}3`, roomId: '!r', events: [], words: 'c', to: [CHIEF] })
  expect(toOf()).toEqual([[CHIEF], ['@nueva:hn'], [CHIEF]])
  state.without = []
  await second.send({ ref: `${REF}4`, roomId: '!r', events: [], words: 'd', to: [CHIEF] })
  expect(toOf().slice(3)).toEqual([['@sin:hn'], ['@sin:hn'], [CHIEF]])
})

test('a device that has not got it asks, and gets it alone if its person was shown it', async () => {
  const { make, note, settled, sent, state } = world()
  const disclosures = await make()
  await disclosures.send({ ref: REF, roomId: '!r', events: [], words: 'palabras', to: [CHIEF] })
  const ask = async (sender: string, content: unknown = { id: REF }) => {
    note(content, sender, DISCLOSURE_REQUEST)
    await settled()
  }
  await ask(CHIEF)
  expect(sent).toHaveLength(2)
  expect(sent[1]).toMatchObject({ devices: [{ userId: CHIEF }], content: { id: REF, words: 'palabras' } })
  await ask('@otra:hn')
  for (const bad of [null, {}, { id: `${REF}x` }]) await ask(CHIEF, bad)
  state.signed = false
  await ask(CHIEF)
  expect(sent).toHaveLength(2)
  disclosures.close()
  state.signed = true
  const later = await make()
  await ask(CHIEF)
  expect(sent).toHaveLength(3)
  state.online = false
  await later.ask(REF, '@testigo:gt')
  state.online = true
  for (let twice = 0; twice < 2; twice++) await later.ask(REF, '@testigo:gt')
  expect(sent.slice(3)).toMatchObject([{ type: DISCLOSURE_REQUEST, content: { id: REF } }])
})

test('what comes is kept, the last word of each sender; not from a device that nobody signs, nor malformed', async () => {
  const { make, note, settled, state } = world()
  const disclosures = await make()
  note({ id: REF, words: 'uno' })
  note({ id: REF, words: 'dos' })
  note({ id: REF, words: 'otra persona' }, '@otra:gt')
  note({ id: REF }, '@otra:gt', 'org.enlace.other')
  for (const bad of [
    null,
    {},
    { id: 'corto' },
    { id: REF, words: 'x'.repeat(5_000) },
    { id: REF, keys: [{}] },
  ])
    note(bad)
  await settled()
  state.signed = false
  note({ id: REF, words: 'falso' }, '@ladron:gt')
  await settled()
  expect(disclosures.of(REF).map(({ words }) => words)).toEqual(['dos', 'otra persona'])
  const again = await make()
  expect(again.of(REF)).toHaveLength(2)
  state.at += 181 * 86_400_000
  expect((await make()).of(REF)).toEqual([])
})

test('one sender without end pushes out nobody but themselves', async () => {
  const { make, note, settled } = world()
  const disclosures = await make()
  note({ id: REF, words: 'de ella' }, '@ella:gt')
  for (let index = 0; index < 200; index++) note({ id: `${REF}-${index}`, words: 'x' })
  for (let round = 0; round < 40; round++) await settled()
  expect(disclosures.of(REF)).toHaveLength(1)
  expect(disclosures.of(`${REF}-0`)).toEqual([])
  expect(disclosures.of(`${REF}-199`)).toHaveLength(1)
})
