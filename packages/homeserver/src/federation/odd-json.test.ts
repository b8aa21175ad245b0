/** JSON without a canonical form in what partners send: the rest of a transaction must not suffer. */
import { canonicalJson } from '@enlace/room-model'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../lib/clock.ts'
import { FakePartner } from '../testing/fake-partner.ts'
import { eventually, type FederatedNode, type FederatedWorld, federatedWorld } from '../testing/world.ts'
import { createSortingAllowance, signedForms, sortedText } from './signed-request.ts'

const V1 = '/_matrix/federation/v1'

describe('what a signature may be over', () => {
  test('canonical JSON comes out of any spelling of the same value', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6, noUnicodeString: false }), (text) => {
        const value = JSON.parse(text)
        let canonical: string
        try {
          canonical = canonicalJson(value)
        } catch {
          return
        }
        for (const spelled of [text, JSON.stringify(value, null, 3)])
          expect(sortedText(spelled, 'canonical')?.text).toBe(canonical)
      }),
    )
  })
  test.each([
    ['{"b":1.50,"a":[-0,1e3]}', '{"a":[0,1000],"b":1.50}', '{"a":[-0,1e3],"b":1.50}'],
    ['[1e400, 9007199254740993]', '[1e400,9007199254740993]', '[1e400,9007199254740993]'],
    ['{"a":1,"a":2}', '{"a":2}', '{"a":2}'],
    ['{"\\u0061":"\\ud800","\\/":"\\"]"}', '{"/":"\\"]","a":"\\ud800"}', '{"/":"\\"]","a":"\\ud800"}'],
    [' true ', 'true', 'true'],
    ['{"__proto__":{"x":0.5}}', '{"__proto__":{"x":0.5}}', '{"__proto__":{"x":0.5}}'],
  ])('%s', (sent, canonical, asSent) => {
    expect(sortedText(sent, 'canonical')?.text).toBe(canonical)
    expect(sortedText(sent, 'as-sent')?.text).toBe(asSent)
  })
  test('a body cannot reach beyond its place, and endless nesting is given up', async () => {
    const parts = { method: 'PUT', uri: '/x', origin: 'a.example', destination: 'b.example' }
    const allowance = createSortingAllowance(systemClock)
    const body = Buffer.from('{"destination":"c.example","n":0.5}')
    const forms: string[] = []
    for await (const form of signedForms(parts, body, allowance)) forms.push(String(form))
    expect(forms.length).toBeGreaterThan(1)
    for (const form of forms)
      expect(JSON.parse(form)).toEqual({ ...parts, content: { destination: 'c.example', n: 0.5 } })
    // What is no JSON is not put in order; as it was sent it is for the reader to refuse.
    const beyond = signedForms(parts, Buffer.from('1,"destination":"b.example"'), allowance)
    await beyond.next()
    await expect(beyond.next()).rejects.toMatchObject({ errcode: 'M_NOT_JSON' })
    expect(sortedText('['.repeat(2_000) + ']'.repeat(2_000), 'canonical')).toBeUndefined()
  })
})

describe('transactions of a partner', () => {
  let world: FederatedWorld
  let hn: FederatedNode
  let partner: FakePartner
  let n = 0
  beforeAll(async () => {
    world = await federatedWorld()
    hn = await world.node('hn')
    partner = await FakePartner.start(world, 'socio')
  })
  afterAll(async () => {
    await partner?.close()
    await world?.close()
  })

  const odd: [string, string][] = [
    ['a fraction', '0.5'],
    ['more than a number holds', '1e400'],
    ['an integer too large', '9007199254740993'],
    ['minus zero', '-0'],
    ['half a character', '"\\ud800"'],
    ['a key given twice', '{"a":1,"a":2.5}'],
    ['deep nesting', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ]

  test.each(odd)('%s: only that event and that notice fail', async (what, value) => {
    const ana = await hn.register(`ana${n}`)
    const roomId = String(
      (await hn.call('POST', '/createRoom', { token: ana.token, body: { preset: 'public_chat' } }))[
        'room_id'
      ],
    )
    const user = `@maria:${partner.serverName}`
    const room = await partner.join(hn, roomId, user)
    const beside = { prev_events: [...room.heads] }
    const good = partner.event(room, user, {
      ...beside,
      type: 'm.room.message',
      content: { msgtype: 'm.text', body: 'sí' },
    })
    const bad = partner.event(room, user, {
      ...beside,
      type: 'm.room.message',
      content: { msgtype: 'm.text', body: 'x', odd: 'ODD' },
    })
    const todevice = (type: string, content: unknown) => ({
      edu_type: 'm.direct_to_device',
      content: {
        sender: user,
        type,
        message_id: `${type}${n}`,
        messages: { [ana.userId]: { '*': content } },
      },
    })
    const body = JSON.stringify({
      origin: partner.serverName,
      origin_server_ts: Date.now(),
      pdus: [bad.pdu, good.pdu],
      edus: [todevice('x.odd', { value: 'ODD' }), todevice('x.good', { value: 1 })],
    }).replaceAll('"ODD"', value)
    const answer = await partner.callWith(hn, 'PUT', `${V1}/send/raro${n++}`, body)
    expect(answer.status).toBe(200)
    const pdus = answer['pdus'] as Record<string, { error?: string }>
    expect(pdus[good.eventId]?.error).toBeUndefined()
    expect((await hn.ctx.rooms.event(good.eventId))?.verdict).toBe('accept')
    // -0 is 0, and so signed over another number than was sent: the event is there, in the form its signature covers.
    if (what === 'minus zero') expect((await hn.ctx.rooms.event(bad.eventId))?.pdu.content).toEqual({})
    else {
      expect(pdus[bad.eventId]?.error).toContain('not canonical JSON')
      expect(await hn.ctx.rooms.event(bad.eventId)).toBeUndefined()
    }
    const got = await eventually('the good one', async () => {
      const sync = await hn.call('GET', '/sync?timeout=0', { token: ana.token })
      const events = (sync['to_device'] as { events: { type: string }[] } | undefined)?.events ?? []
      return events.some((event) => event.type === 'x.good') && events
    })
    expect(got.map((event) => event.type)).toEqual(what === 'minus zero' ? ['x.odd', 'x.good'] : ['x.good'])
  })

  test.each([
    ['with white space, signed without', '{ "edus": [], "pdus": [] }', '{"edus":[],"pdus":[]}'],
    [
      'unsorted with a fraction, signed sorted',
      '{"x":1.5,"edus":[],"pdus":[]}',
      '{"edus":[],"pdus":[],"x":1.5}',
    ],
    ['1e2 and a fraction, signed as 100', '{"y":1e2,"x":1.5}', '{"x":1.5,"y":100}'],
    ['1e2 and a fraction, signed as sent', '{"y":1e2,"x":1.5}', '{"x":1.5,"y":1e2}'],
  ])('a body %s', async (_what, sent, signedAs) => {
    expect((await partner.callWith(hn, 'PUT', `${V1}/send/forma${n++}`, sent, signedAs)).status).toBe(200)
  })

  test('another number than was signed is refused', async () => {
    const answer = await partner.callWith(hn, 'PUT', `${V1}/send/otro${n++}`, '{"x":1.5}', '{"x":2.5}')
    expect(answer).toMatchObject({ status: 401, errcode: 'M_UNAUTHORIZED' })
  })

  test('an event that must be whole is refused as what it is', async () => {
    const uri = '/_matrix/federation/v2/invite/!x:y/$z'
    const body = '{"room_version":"11","event":{"content":{"membership":"invite","n":0.5}}}'
    expect(await partner.callWith(hn, 'PUT', uri, body)).toMatchObject({ status: 400, errcode: 'M_BAD_JSON' })
  })
})
