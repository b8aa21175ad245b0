import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, type JsonObject } from './json.ts'
import { isTooLarge, type PduFault, parsePdu } from './parse.ts'
import { allVersions, member, TestRoom } from './testing/room.ts'

const HASH = 'Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg'
const ids = (count: number) => Array.from({ length: count }, () => `$${HASH}`)

describe.each(allVersions)('room version $id', (v) => {
  const room = new TestRoom(v)
  const good = room.build({ type: 'm.room.message', sender: '@a:b', content: { body: 'hola' } })
  const ok = (change: Record<string, unknown>) => parsePdu({ ...good, ...change }, v).ok
  const padded = (bytes: number) => {
    const empty = canonicalJson({ ...good, content: { body: '' } } as JsonObject)
    return { content: { body: 'x'.repeat(bytes - Buffer.byteLength(empty)) } }
  }

  test('events and unknown keys are taken as they are', () => {
    const raw = { ...good, 'org.example.extra': [1, { a: null }], unsigned: { age: 1 } }
    const parsed = parsePdu(raw, v)
    expect(parsed.ok && parsed.pdu).toBe(raw)
    expect(parsePdu(room.get(room.createId), v).ok).toBe(true)
    expect(parsePdu(room.build(member('@a:b', 'join')), v).ok).toBe(true)
  })

  test.each<[PduFault, Record<string, unknown>]>([
    ['type', { type: undefined }],
    ['type', { type: 7 }],
    ['type_too_long', { type: 'x'.repeat(256) }],
    ['type_too_long', { type: 'ñ'.repeat(128) }],
    ['type', { type: 'a\u0000b' }],
    ['sender', { sender: undefined }],
    ['sender', { sender: 'a:b' }],
    ['sender', { sender: `@${'a'.repeat(253)}:b` }],
    ['state_key', { state_key: null }],
    ['state_key_too_long', { state_key: 'x'.repeat(256) }],
    ['content', { content: undefined }],
    ['content', { content: [] }],
    ['content', { content: 'x' }],
    ['depth', { depth: -1 }],
    ['depth', { depth: 1.5 }],
    ['depth', { depth: 2 ** 53 }],
    ['depth', { depth: '1' }],
    ['origin_server_ts', { origin_server_ts: undefined }],
    ['origin_server_ts', { origin_server_ts: '1' }],
    ['origin_server_ts', { origin_server_ts: 1.5 }],
    ['prev_events', { prev_events: undefined }],
    ['prev_events', { prev_events: ids(21) }],
    ['prev_events', { prev_events: ['$0:domain'] }],
    ['prev_events', { prev_events: [['$0:domain', {}]] }],
    ['auth_events', { auth_events: ids(11) }],
    ['auth_events', { auth_events: {} }],
    ['hashes', { hashes: undefined }],
    ['hashes', { hashes: { sha256: 7 } }],
    ['hashes', { hashes: { sha1: 'x' } }],
    ['signatures', { signatures: undefined }],
    ['signatures', { signatures: { b: 'x' } }],
    ['signatures', { signatures: { b: { 'ed25519:1': 7 } } }],
    ['unsigned', { unsigned: 'x' }],
    ['room_id', { room_id: undefined }],
    ['room_id', { room_id: 'x' }],
    ['room_id', { room_id: v.roomIdIsCreateHash ? '!a:b' : `!${HASH}` }],
    ['not_canonical', { extra: 0.5 }],
    ['not_canonical', { content: { body: '\ud800' } }],
    ['not_canonical', { content: JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`) }],
    ['not_canonical', { unsigned: { a: Number.NaN } }],
    ['too_large', { content: { body: 'x'.repeat(65_536) } }],
    ['unsigned_too_large', { unsigned: { body: 'x'.repeat(65_536) } }],
  ])('the fault %s: %#', (fault, change) => {
    const parsed = parsePdu({ ...good, ...change }, v)
    expect(parsed).toMatchObject({ ok: false, fault })
    if (parsed.ok) return
    expect(isTooLarge(parsed.fault)).toBe(/too_(large|long)$/.test(fault))
    expect(parsed.reason).toMatch(/^[^.]{12,}$/)
  })

  test('limits are inclusive', () => {
    expect(ok({ type: 'x'.repeat(255), state_key: 'y'.repeat(255) })).toBe(true)
    expect(ok({ prev_events: ids(20), auth_events: ids(10) })).toBe(true)
    expect(ok({ depth: 2 ** 53 - 1 })).toBe(true)
    expect(ok(padded(65_536))).toBe(true)
    expect(ok(padded(65_537))).toBe(false)
  })

  test('redacts is text where it is part of the format', () => {
    expect(ok({ redacts: 7 })).toBe(v.id !== '10')
  })

  test('nothing is inherited', () => {
    expect(parsePdu(Object.create(good), v).ok).toBe(false)
    expect(parsePdu(JSON.parse(`{"__proto__":${JSON.stringify(good)}}`), v).ok).toBe(false)
    expect(parsePdu(JSON.parse(JSON.stringify({ ...good, x: 1 }).replace('"x"', '"__proto__"')), v).ok).toBe(
      true,
    )
  })

  test('no JSON makes it throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(good)), (value, key) => {
        expect(typeof parsePdu(value, v).ok).toBe('boolean')
        expect(typeof parsePdu({ ...good, [key]: value }, v).ok).toBe('boolean')
      }),
    )
  })
})

test('a create event of version 12 has no room ID and an empty state key', () => {
  const v = allVersions[2]!
  const room = new TestRoom(v)
  const good = room.get(room.createId)!
  expect(parsePdu({ ...good, room_id: room.roomId }, v).ok).toBe(false)
  expect(parsePdu({ ...good, state_key: 'x' }, v).ok).toBe(false)
  const { state_key: _k, ...message } = good
  expect(parsePdu(message, v).ok).toBe(false)
})
