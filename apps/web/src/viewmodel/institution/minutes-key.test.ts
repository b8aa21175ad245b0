import { minutesStatement } from '@enlace/coordination/meetings'
import { newSigningKey, type SigningKey } from '@enlace/trust/browser'
import { expect, test } from 'vitest'
import { isSignedBy, signMinutes } from './minutes-key.ts'

const about = { meeting: '$reunion', institution: 'gt-sbs', sha256: 'a'.repeat(43) }
const given = (...keys: SigningKey[]) => ({
  role: { keyids: keys.map(({ keyid }) => keyid), threshold: 1 } as never,
  keys: Object.fromEntries(keys.map(({ keyid, record }) => [keyid, record])),
})

test('minutes signed with an institution’s key: by that key, of that meeting, institution and text alone', async () => {
  const [key, other] = [await newSigningKey(), await newSigningKey()]
  const statement = minutesStatement(about)
  const signature = await signMinutes(statement, key)
  expect(await isSignedBy(given(key, other), statement, signature)).toBe(true)
  // Taken away, or never given.
  expect(await isSignedBy(given(other), statement, signature)).toBe(false)
  expect(await isSignedBy(given(), statement, signature)).toBe(false)
  // Somebody else's signature under its name, and its signature under somebody else's.
  expect(await isSignedBy(given(key, other), statement, { ...signature, keyid: other.keyid })).toBe(false)
  const theirs = await signMinutes(statement, other)
  expect(await isSignedBy(given(key), statement, { ...theirs, keyid: key.keyid })).toBe(false)
  for (const change of [{ meeting: '$otra' }, { institution: 'hn-sreci' }, { sha256: 'b'.repeat(43) }])
    expect(await isSignedBy(given(key), minutesStatement({ ...about, ...change }), signature)).toBe(false)
  // What a key of a partner's file could be called.
  expect(await isSignedBy(given(key), statement, { ...signature, keyid: 'constructor' })).toBe(false)
})
