import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import { generateSigningKey, signJson } from '../signing.ts'
import { allVersions, member, TestRoom } from '../testing/room.ts'
import { checkAuth } from './check.ts'

const ALICE = '@alice:one.example'
const BOB = '@bob:two.example'

describe.each(allVersions)('third-party invites, room version $id', (v) => {
  const key = generateSigningKey()
  const signed = (mxid = BOB, token: unknown = 'token') =>
    signJson({ mxid, token, sender: ALICE } as JsonObject, 'identity.example', key) as unknown as JsonObject

  function judge(
    content: JsonObject,
    options: { before?: string; keys?: JsonObject; sender?: string; stateKey?: string } = {},
  ): string {
    const room = new TestRoom(v, ALICE)
    let state = room.after(room.initial(), member(ALICE, 'join'))
    state = room.after(state, {
      type: 'm.room.third_party_invite',
      sender: ALICE,
      stateKey: 'token',
      content: options.keys ?? { public_key: key.publicKeyBase64 },
    })
    if (options.before) state = room.after(state, member(BOB, options.before, ALICE))
    const invite = member(options.stateKey ?? BOB, 'invite', options.sender ?? ALICE, content)
    const found = checkAuth(room.build(invite), room.lookup(state), v)
    return found.allowed ? 'allow' : found.rule
  }
  const invite = (one: unknown) => ({ third_party_invite: { display_name: 'b', signed: one } }) as JsonObject

  test('allowed, by the single key or one of several', () => {
    expect(judge(invite(signed()))).toBe('allow')
    const keys = [{ public_key: generateSigningKey().publicKeyBase64 }, { public_key: key.publicKeyBase64 }]
    expect(judge(invite(signed()), { keys: { public_keys: keys } })).toBe('allow')
    // The inviter may have left since.
    expect(judge(invite(signed()), { before: 'leave' })).toBe('allow')
  })
  test('5.4.1.1 banned', () => expect(judge(invite(signed()), { before: 'ban' })).toBe('5.4.1.1'))
  test('5.4.1.2 not signed', () => {
    for (const one of [{}, 'x', null, { signed: 'x' }])
      expect(judge({ third_party_invite: one as JsonObject })).toBe('5.4.1.2')
  })
  test('5.4.1.3 no mxid or token', () => {
    for (const one of [{}, { mxid: BOB }, { token: 'token' }, { mxid: 7, token: 'token' }])
      expect(judge(invite(one))).toBe('5.4.1.3')
  })
  test('5.4.1.4 for another user', () => expect(judge(invite(signed(ALICE)))).toBe('5.4.1.4'))
  test('5.4.1.5 no such invite', () => expect(judge(invite(signed(BOB, 'other')))).toBe('5.4.1.5'))
  test('5.4.1.6 of another sender', () => expect(judge(invite(signed()), { sender: BOB })).toBe('5.4.1.6'))
  test('5.4.1.8 no valid signature', () => {
    const { signatures: _s, ...bare } = signed()
    expect(judge(invite(bare))).toBe('5.4.1.8')
    expect(judge(invite({ ...signed(), extra: 1 }))).toBe('5.4.1.8')
    expect(judge(invite(signed()), { keys: {} })).toBe('5.4.1.8')
    expect(judge(invite(signed()), { keys: { public_key: 'AAAA', public_keys: [7, null, {}] } })).toBe(
      '5.4.1.8',
    )
    for (const signatures of ['x', [], { a: 'x' }, { a: { b: 7 } }])
      expect(judge(invite({ ...bare, signatures }))).toBe('5.4.1.8')
  })
  test('the work one invite may ask for is bounded', () => {
    const { signatures, ...bare } = signed() as { signatures: JsonObject }
    const noise = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`a${i}`, { 'ed25519:1': 'AAAA' }]),
    )
    expect(judge(invite({ ...bare, signatures: { ...noise, ...signatures } }))).toBe('5.4.1.8')
  })
})
