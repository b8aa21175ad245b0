import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createOutgoingGate, GATE_CODE, isSealed, judge } from './outgoing-gate.ts'

const ROOM = '/_matrix/client/v3/rooms/!r%3Ahn'
const sealed = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'AwgA', session_id: 's', device_id: 'D' }
const text = { msgtype: 'm.text', body: 'Nombre de la niña' }

/** What reached the network. */
function network() {
  const sent: string[] = []
  const gate = createOutgoingGate()
  const send = gate.guard(async (resource) => {
    sent.push(String(resource instanceof Request ? resource.url : resource))
    return new Response('{}')
  })
  return { sent, gate, send }
}
const put = (body: unknown) => ({ method: 'PUT', body: JSON.stringify(body) })

describe('hostile: nothing that people write leaves unencrypted', () => {
  test.each([
    ['a message', `${ROOM}/send/m.room.message/t1`, text],
    ['a form', `${ROOM}/send/org.enlace.case.details/t1`, { kind: 'repatriation', values: {} }],
    ['a file', `${ROOM}/send/m.room.message/t1`, { msgtype: 'm.file', body: 'x', url: 'mxc://hn/x' }],
    ['a sticker', `${ROOM}/send/m.sticker/t1`, { body: 'x', url: 'mxc://hn/x' }],
    ['an unknown type', `${ROOM}/send/org.example.any/t1`, { any: 'thing' }],
    ['a type that is written otherwise', `${ROOM}/send/m.room%2Emessage/t1`, text],
    ['an envelope with words in it', `${ROOM}/send/org.enlace.case/t1`, { reference: 'x', note: 'Nombre' }],
    ['a reaction with a name', `${ROOM}/send/m.reaction/t1`, { 'm.relates_to': { key: 'Ana' } }],
    ['ciphertext with a body beside it', `${ROOM}/send/m.room.encrypted/t1`, { ...sealed, body: 'Ana' }],
    ['another algorithm', `${ROOM}/send/m.room.encrypted/t1`, { algorithm: 'none', ciphertext: 'Ana' }],
    ['a reason of a removal', `${ROOM}/kick`, { user_id: '@a:hn', reason: 'Ana mintió' }],
    ['a reason of a redaction', `${ROOM}/redact/%24e/t1`, { reason: 'Ana' }],
    ['the name of a room', `${ROOM}/state/m.room.topic`, { topic: 'Ana' }],
    ['words as a pinned message', `${ROOM}/state/m.room.pinned_events/`, { pinned: ['Nombre de la niña'] }],
    ['words beside pinned messages', `${ROOM}/state/m.room.pinned_events`, { pinned: [], nota: 'Ana' }],
    ['a change of encryption', `${ROOM}/state/m.room.encryption`, {}],
    ['an older path', '/_matrix/client/r0/rooms/!r/send/m.room.message/t1', text],
    ['a key', '/_matrix/client/v3/sendToDevice/m.room_key/t1', { messages: {} }],
    ['a secret', '/_matrix/client/v3/sendToDevice/m.secret.send/t1', { messages: {} }],
  ])('%s', async (_what, path, body) => {
    const { sent, send } = network()
    const answer = await send(`https://hn.example${path}`, put(body))
    expect(sent).toEqual([])
    expect(answer.status).toBe(403)
    expect(((await answer.json()) as { errcode: string }).errcode).toBe(GATE_CODE)
  })

  test('what is not JSON text is not guessed at', async () => {
    const { sent, send } = network()
    const url = `https://hn.example${ROOM}/send/m.room.encrypted/t1`
    await send(url, { method: 'PUT', body: new Blob([JSON.stringify(text)]) })
    await send(new Request(url, { method: 'PUT', body: JSON.stringify(text) }))
    await send(url, { method: 'PUT', body: '{"algorithm"' })
    expect(sent).toEqual([])
  })

  test('whatever is in it, an event of any other type than ciphertext and envelopes stays', () => {
    fc.assert(
      fc.property(fc.webSegment(), fc.dictionary(fc.string(), fc.jsonValue()), (type, body) => {
        fc.pre(!type.startsWith('org.enlace.') && !type.startsWith('m.r'))
        expect(judge('PUT', `${ROOM}/send/${type}x/t1`, body)).toBe('refuse')
      }),
    )
  })
})

test('what belongs out goes out', async () => {
  const { sent, send } = network()
  const base = 'https://hn.example'
  await send(`${base}${ROOM}/send/m.room.encrypted/t1`, put(sealed))
  await send(
    `${base}${ROOM}/send/m.room.encrypted/t2`,
    put({ ...sealed, 'm.relates_to': { rel_type: 'm.thread', event_id: '$c', is_falling_back: true } }),
  )
  await send(`${base}${ROOM}/kick`, put({ user_id: '@a:hn' }))
  await send(`${base}${ROOM}/redact/%24e/t3`, put({}))
  await send(`${base}${ROOM}/state/m.room.pinned_events/`, put({ pinned: ['$abc_-1'] }))
  await send(
    `${base}${ROOM}/send/m.reaction/t4`,
    put({ 'm.relates_to': { rel_type: 'm.annotation', event_id: '$e', key: '👍' } }),
  )
  await send(`${base}${ROOM}/typing/%40a`, put({ typing: true }))
  await send(`${base}/_matrix/client/v3/sync?since=1`, {})
  expect(sent).toHaveLength(8)
})

describe('hostile: keys go only to those who may have them', () => {
  const keys = put({ messages: { '@ana:hn': { D: {} }, '@intrusa:gt': { X: {} } } })
  const url = 'https://hn.example/_matrix/client/v3/sendToDevice/m.room.encrypted/t1'

  test('nobody gets any before somebody decides', async () => {
    const { sent, send } = network()
    expect((await send(url, keys)).status).toBe(403)
    expect(sent).toEqual([])
  })

  test('one that may not have them keeps back all', async () => {
    const { sent, gate, send } = network()
    gate.decideKeys(async (userId) => userId === '@ana:hn')
    expect((await send(url, keys)).status).toBe(403)
    gate.decideKeys(async () => true)
    expect((await send(url, keys)).status).toBe(200)
    expect(sent).toHaveLength(1)
  })
})

test('only ciphertext of a group session counts as sealed', () => {
  expect(isSealed(sealed)).toBe(true)
  for (const spoiled of [
    {},
    null,
    'x',
    { ...sealed, ciphertext: { a: 1 } },
    { ...sealed, formatted_body: 'x' },
  ])
    expect(isSealed(spoiled)).toBe(false)
})
