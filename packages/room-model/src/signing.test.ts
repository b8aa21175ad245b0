import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { eventId, hasValidContentHash } from './hashes.ts'
import type { JsonObject } from './json.ts'
import type { Pdu } from './pdu.ts'
import { redact } from './redact.ts'
import {
  exportSigningKey,
  finishEvent,
  generateSigningKey,
  importSigningKey,
  serversThatMustSign,
  signJson,
  signPdu,
  verifyJson,
  verifyPduSignature,
} from './signing.ts'
import { allVersions, TestRoom, version } from './testing/room.ts'

// Appendices, "Cryptographic Test Vectors".
const key = importSigningKey('YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1', 'ed25519:1')
const SERVER = 'domain'

describe('the test vectors of the appendix', () => {
  test.each([
    [{}, 'K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ'],
    [
      { one: 1, two: 'Two' },
      'KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw',
    ],
  ])('JSON signing of %j', (object, signature) => {
    const signed = signJson(object, SERVER, key)
    expect(signed).toEqual({ ...object, signatures: { domain: { 'ed25519:1': signature } } })
    expect(verifyJson(signed, SERVER, 'ed25519:1', key.publicKeyBase64)).toBe(true)
  })

  // The vectors have `origin`, which redaction keeps up to version 10.
  test('a minimal event', () => {
    const { pdu } = finishEvent(
      {
        room_id: '!x:domain',
        sender: '@a:domain',
        origin: 'domain',
        origin_server_ts: 1000000,
        type: 'X',
        content: {},
        prev_events: [],
        auth_events: [],
        depth: 3,
        unsigned: { age_ts: 1000000 },
      },
      version('10'),
      SERVER,
      key,
    )
    expect(pdu.hashes).toEqual({ sha256: '5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos' })
    expect(pdu.signatures).toEqual({
      domain: {
        'ed25519:1': 'KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg',
      },
    })
    expect(pdu.unsigned).toEqual({ age_ts: 1000000 })
  })

  test('an event with content that redaction removes', () => {
    const draft = {
      content: { body: 'Here is the message content' },
      event_id: '$0:domain',
      origin: 'domain',
      origin_server_ts: 1000000,
      type: 'm.room.message',
      room_id: '!r:domain',
      sender: '@u:domain',
      unsigned: { age_ts: 1000000 },
    } as unknown as Pdu
    const { pdu } = finishEvent(draft, version('10'), SERVER, key)
    expect(pdu.hashes).toEqual({ sha256: 'onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g' })
    expect(pdu.signatures).toEqual({
      domain: {
        'ed25519:1': 'Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA',
      },
    })
  })

  test.each([
    ['', ''],
    ['f', 'Zg'],
    ['fo', 'Zm8'],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg'],
    ['fooba', 'Zm9vYmE'],
    ['foobar', 'Zm9vYmFy'],
  ])('unpadded Base64 of "%s"', (text, encoded) => {
    expect(encodeBase64(Buffer.from(text))).toBe(encoded)
    expect(decodeBase64(encoded)?.toString()).toBe(text)
    expect(decodeBase64(Buffer.from(text).toString('base64'))?.toString()).toBe(text)
  })
  test.each(['Zg*', 'A', 'Zm9v\n', '_-_-', 'Z=g'])('not Base64: %j', (text) => {
    expect(decodeBase64(text)).toBeUndefined()
  })
})

describe('keys', () => {
  test('go out and come back in', () => {
    const made = generateSigningKey()
    const back = importSigningKey(exportSigningKey(made).seedBase64, made.keyId)
    expect(back.publicKeyBase64).toBe(made.publicKeyBase64)
    expect(made.keyId).toMatch(/^ed25519:[0-9a-f]{8}$/)
    expect(generateSigningKey('ed25519:named').keyId).toBe('ed25519:named')
  })
  test.each(['', 'AAAA', 'no base64 at all!'])('a seed that is none: %j', (seed) => {
    expect(() => importSigningKey(seed, 'ed25519:1')).toThrow(RangeError)
  })
})

describe('verification', () => {
  const signed = signJson({ one: 1, unsigned: { age: 1 } }, SERVER, key)
  const verify = (object: object, server = SERVER, keyId = 'ed25519:1', publicKey = key.publicKeyBase64) =>
    verifyJson(object, server, keyId, publicKey)
  const withSignature = (signature: unknown) => ({
    one: 1,
    signatures: { domain: { 'ed25519:1': signature } },
  })

  test('unsigned and further signatures are not covered', () => {
    const other = generateSigningKey()
    const twice = signJson({ ...signed, unsigned: { age: 2 } }, 'other', other)
    expect(verify(twice)).toBe(true)
    expect(verify(twice, 'other', other.keyId, other.publicKeyBase64)).toBe(true)
    expect(Object.keys(twice.signatures)).toEqual(['domain', 'other'])
  })
  test('anything changed, missing or malformed is false', () => {
    expect(verify({ ...signed, one: 2 })).toBe(false)
    expect(verify({ ...signed, two: 2 })).toBe(false)
    expect(verify(signed, 'other')).toBe(false)
    expect(verify(signed, SERVER, 'ed25519:2')).toBe(false)
    expect(verify(signed, SERVER, 'ed25519:1', generateSigningKey().publicKeyBase64)).toBe(false)
    expect(verify(signed, SERVER, 'ed25519:1', 'AAAA')).toBe(false)
    expect(verify(signed, '__proto__', 'constructor')).toBe(false)
    for (const signature of [7, null, '', 'AAAA', `${'A'.repeat(86)}*`, ['x'], { toString: 'x' }])
      expect(verify(withSignature(signature))).toBe(false)
    for (const signatures of [undefined, null, 'x', [], { domain: null }, { domain: 'x' }])
      expect(verify({ one: 1, signatures })).toBe(false)
    expect(verify({ ...signed, float: 1.5 })).toBe(false)
    const dsa = { one: 1, signatures: { domain: { 'dsa:1': signed.signatures['domain']!['ed25519:1'] } } }
    expect(verify(dsa, SERVER, 'dsa:1')).toBe(false)
  })
  test('a padded signature is the same signature', () => {
    expect(verify(withSignature(`${signed.signatures['domain']!['ed25519:1']}==`))).toBe(true)
  })
  test('any object: what is signed verifies, with one changed bit it does not', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.maxSafeInteger()), fc.nat(511), (object, bit) => {
        const { signatures: _s, unsigned: _u, ...plain } = object
        const one = signJson(plain, SERVER, key)
        expect(verify(one)).toBe(true)
        const bytes = decodeBase64(one.signatures[SERVER]!['ed25519:1']!)!
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        expect(verify({ ...plain, signatures: { domain: { 'ed25519:1': encodeBase64(bytes) } } })).toBe(false)
      }),
      { numRuns: 50 },
    )
  })
})

describe.each(allVersions)('events of room version $id', (v) => {
  const room = new TestRoom(v)
  const finish = (content: JsonObject) => {
    const {
      hashes: _h,
      signatures: _s,
      ...draft
    } = room.build({
      type: 'm.room.message',
      sender: '@a:domain',
      content,
    })
    return finishEvent(draft, v, SERVER, key)
  }

  test('the signature and the ID hold for the redacted event too, the hash does not', () => {
    const { pdu, eventId: id } = finish({ body: 'hola' })
    expect(verifyPduSignature(pdu, v, SERVER, key.keyId, key.publicKeyBase64)).toBe(true)
    expect(hasValidContentHash(pdu)).toBe(true)
    const redacted = redact(pdu, v)
    expect(verifyPduSignature(redacted, v, SERVER, key.keyId, key.publicKeyBase64)).toBe(true)
    expect(eventId(redacted, v)).toBe(id)
    expect(hasValidContentHash(redacted)).toBe(false)
  })
  test('changed content breaks the hash, a changed envelope the signature and the ID', () => {
    const { pdu, eventId: id } = finish({ body: 'hola' })
    expect(hasValidContentHash({ ...pdu, content: { body: 'adiós' } })).toBe(false)
    expect(hasValidContentHash({ ...pdu, hashes: { sha256: '***' } })).toBe(false)
    expect(hasValidContentHash({ ...pdu, hashes: { sha256: `${pdu.hashes.sha256}=` } })).toBe(true)
    const moved = { ...pdu, depth: 99 }
    expect(verifyPduSignature(moved, v, SERVER, key.keyId, key.publicKeyBase64)).toBe(false)
    expect(eventId(moved, v)).not.toBe(id)
  })
  test('a second server adds its signature; unsigned data matters to neither', () => {
    const { pdu, eventId: id } = finish({ body: 'hola' })
    const other = generateSigningKey()
    const both = { ...signPdu(pdu, v, 'other', other), unsigned: { age: 3 } }
    expect(verifyPduSignature(both, v, SERVER, key.keyId, key.publicKeyBase64)).toBe(true)
    expect(verifyPduSignature(both, v, 'other', other.keyId, other.publicKeyBase64)).toBe(true)
    expect(eventId(both, v)).toBe(id)
    expect(hasValidContentHash(both)).toBe(true)
  })
  test('who must sign', () => {
    const who = (content: JsonObject, type = 'm.room.member') =>
      serversThatMustSign(room.build({ type, sender: '@a:one', stateKey: '@b:two', content }), v)
    expect(who({}, 'm.room.message')).toEqual(['one'])
    expect(who({ membership: 'invite' })).toEqual(['one'])
    expect(who({ membership: 'invite', third_party_invite: {} })).toEqual([])
    expect(who({ membership: 'join', third_party_invite: {} })).toEqual(['one'])
    expect(who({ membership: 'join', join_authorised_via_users_server: '@c:three' })).toEqual([
      'one',
      'three',
    ])
    expect(who({ join_authorised_via_users_server: '@c:three' }, 'm.room.topic')).toEqual(['one'])
  })
})

test('the room ID of version 12 is the hash of the create event, whatever is signed on it', () => {
  const v = version('12')
  const room = new TestRoom(v)
  expect(room.roomId).toBe(`!${room.createId.slice(1)}`)
  const create = room.get(room.createId)!
  expect(create.room_id).toBeUndefined()
  expect(eventId(signPdu(create, v, SERVER, key), v)).toBe(room.createId)
  expect(eventId({ ...create, origin_server_ts: create.origin_server_ts + 1 }, v)).not.toBe(room.createId)
})
