import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { eventId, hasValidContentHash, roomIdOf } from './hashes.ts'
import type { JsonObject } from './json.ts'
import { type ParsedPdu, parsePdu } from './parse.ts'
import type { Pdu } from './pdu.ts'
import { addSignature, isSignedBy, type PduReading, readPdu, writePdu } from './reading.ts'
import { redact } from './redact.ts'
import { finishEvent, generateSigningKey, signPdu, verifyPduSignature } from './signing.ts'
import { allVersions, member, TestRoom } from './testing/room.ts'

const key = generateSigningKey('ed25519:1')
const other = generateSigningKey('ed25519:2')

function read(result: ReturnType<typeof readPdu>): PduReading {
  if (!result.ok) throw new Error(result.reason)
  return result
}

afterEach(() => vi.restoreAllMocks())

describe.each(allVersions)('room version $id', (v) => {
  const room = new TestRoom(v)
  const draftOf = (pdu: Pdu): Omit<Pdu, 'hashes' | 'signatures'> => {
    const { hashes: _h, signatures: _s, ...draft } = pdu
    return draft
  }
  const message = (content: JsonObject, extra: JsonObject = {}) =>
    draftOf({ ...room.build({ type: 'm.room.message', sender: '@a:b' }), content, ...extra })

  test.each<[string, () => Omit<Pdu, 'hashes' | 'signatures'>]>([
    ['a message', () => message({ body: 'hola', ñ: { '😀': 1, '\uffff': [null, -0] } })],
    ['a member', () => draftOf(room.build(member('@a:b', 'join')))],
    ['the create event', () => draftOf(room.get(room.createId)!)],
    [
      'power levels',
      () =>
        draftOf(
          room.build({
            type: 'm.room.power_levels',
            sender: '@a:b',
            stateKey: '',
            content: { users: { '@a:b': 50 }, other: 1 },
          }),
        ),
    ],
    [
      'unknown keys',
      () => message({ body: 'x' }, { 'org.example': { a: [1, {}] }, origin: 'b', event_id: '$x' }),
    ],
  ])('reading says of %s what the single functions say', (_name, make) => {
    const draft = make()
    const single = finishEvent(draft, v, 'b', key)
    const written = read(writePdu(draft, v, 'b', key))
    expect(written.pdu).toEqual(single.pdu)
    expect(written.eventId).toBe(single.eventId)
    for (const raw of [single.pdu, { ...single.pdu, unsigned: { age: 1 } }]) {
      const got = read(readPdu(raw, v))
      expect(got).toEqual({ ...written, signedBytes: got.signedBytes })
      expect(got.signedBytes.equals(written.signedBytes)).toBe(true)
      expect(got.eventId).toBe(eventId(raw, v))
      expect(got.roomId).toBe(roomIdOf(raw, v))
      expect(got.redacted).toEqual(redact(raw, v))
      expect(got.intact).toBe(hasValidContentHash(raw))
      expect(isSignedBy(got, 'b', key.keyId, key.publicKeyBase64)).toBe(true)
    }
  })

  test('a content that was changed leaves the redacted event, with the same ID and signature', () => {
    const { pdu } = finishEvent(message({ body: 'hola' }), v, 'b', key)
    const changed = read(readPdu({ ...pdu, content: { body: 'adiós' } }, v))
    expect(changed.intact).toBe(false)
    expect(changed.pdu).toEqual(redact(pdu, v))
    expect(changed.eventId).toBe(eventId(pdu, v))
    expect(isSignedBy(changed, 'b', key.keyId, key.publicKeyBase64)).toBe(true)
  })

  test('a signature holds for its server, its key and its event alone', () => {
    const written = read(writePdu(message({ body: 'hola' }), v, 'b', key))
    expect(isSignedBy(written, 'c', key.keyId, key.publicKeyBase64)).toBe(false)
    expect(isSignedBy(written, 'b', key.keyId, other.publicKeyBase64)).toBe(false)
    expect(isSignedBy(written, 'b', other.keyId, other.publicKeyBase64)).toBe(false)
    const moved = read(readPdu({ ...written.pdu, depth: written.pdu.depth + 1 }, v))
    expect(isSignedBy(moved, 'b', key.keyId, key.publicKeyBase64)).toBe(false)
  })

  test('a further signature is the one that `signPdu` adds', () => {
    const written = read(writePdu(message({ body: 'hola' }), v, 'b', key))
    const both = addSignature(written, 'c', other)
    expect(both.pdu).toEqual(signPdu(written.pdu, v, 'c', other))
    expect(both.eventId).toBe(written.eventId)
    for (const [server, one] of [
      ['b', key],
      ['c', other],
    ] as const) {
      expect(isSignedBy(both, server, one.keyId, one.publicKeyBase64)).toBe(true)
      expect(verifyPduSignature(both.pdu, v, server, one.keyId, one.publicKeyBase64)).toBe(true)
    }
  })

  test('neither changes what it is given', () => {
    const draft = message({ body: 'hola' }, { unsigned: { age: 1 } })
    const before = structuredClone(draft)
    const { pdu } = read(writePdu(draft, v, 'b', key))
    expect(draft).toEqual(before)
    const raw = { ...pdu, unsigned: { age: 1 } }
    const copy = structuredClone(raw)
    addSignature(read(readPdu(raw, v)), 'c', other)
    expect(raw).toEqual(copy)
  })

  test('the content of an event is encoded once, written or read', () => {
    const draft = message({ body: 'once and no more' })
    const quote = vi.spyOn(JSON, 'stringify')
    const times = () => quote.mock.calls.filter(([value]) => value === 'once and no more').length
    const { pdu } = read(writePdu(draft, v, 'b', key))
    expect(times()).toBe(1)
    read(readPdu(pdu, v))
    expect(times()).toBe(2)
  })

  test('both name the fault that `parsePdu` names', () => {
    const good = finishEvent(message({ body: 'x' }), v, 'b', key).pdu
    for (const change of [
      { type: 'x'.repeat(256) },
      { sender: 'a' },
      { content: { a: 1.5 } },
      { content: { body: 'x'.repeat(65_536) } },
      { state_key: 'ñ'.repeat(128) },
      { content: { '__proto__ ': '\ud800' } },
    ]) {
      const raw = { ...good, ...change } as Pdu
      const parsed: ParsedPdu = parsePdu(raw, v)
      expect(parsed.ok).toBe(false)
      const { eventId: _id, ...read } = readPdu(raw, v)
      expect(read).toEqual(parsed)
      expect(writePdu(raw, v, 'b', key)).toEqual(parsed)
    }
    expect(readPdu(null, v)).toMatchObject({ ok: false, fault: 'not_an_object' })
    expect(readPdu({ ...good, unsigned: { x: 'x'.repeat(65_536) } }, v)).toMatchObject({
      fault: 'unsigned_too_large',
    })
  })

  test('any JSON: what can be written is read back, and reading agrees with the single functions', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (content) => {
        // Half of the numbers that JSON knows have no canonical form.
        const whole = JSON.parse(
          JSON.stringify(content, (_key, value) =>
            typeof value === 'number' ? Math.trunc(value % 2 ** 53) : value,
          ),
        ) as JsonObject
        const written = read(writePdu(message(whole), v, 'b', key))
        const again = read(readPdu(JSON.parse(JSON.stringify(written.pdu)), v))
        expect([again.eventId, again.intact]).toEqual([written.eventId, true])
        expect(eventId(written.pdu, v)).toBe(written.eventId)
        expect(hasValidContentHash(written.pdu)).toBe(true)
      }),
    )
  })
})
