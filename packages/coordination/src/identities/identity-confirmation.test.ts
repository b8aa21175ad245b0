import { canonicalJson } from '@enlace/room-model'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  confirmationText,
  identityConfirmationSchema,
  identityConfirmationType,
  restartCode,
} from './identity-confirmation.ts'
import { isSameCode, spokenCode } from './spoken-code.ts'

const KEY = 'A'.repeat(43)
const bare = {
  type: identityConfirmationType,
  user_id: '@ana:hn',
  master_key: KEY,
  institution: 'hn-a',
  confirmed_by: '@coordina:hn',
  confirmed_ts: 1_790_000_000_000,
} as const

test('what is signed is canonical JSON, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.nat(), (institution, user, ts) => {
      const one = { ...bare, institution, user_id: user, confirmed_ts: ts }
      expect(confirmationText(one)).toBe(canonicalJson(one))
    }),
  )
})

test('a code is of one person and one key, and may be typed in several ways', async () => {
  const code = await restartCode('@ana:hn', KEY)
  expect(code).toMatch(/^(\d{4} ){5}\d{4}$/)
  // What it is for counts too: the parts do not run into each other.
  expect(await spokenCode(['org.enlace.restart', '@ana:hn', 'x'], KEY)).not.toBe(code)
  expect(await restartCode('@ana:hn', KEY)).toBe(code)
  expect(await restartCode('@beto:hn', KEY)).not.toBe(code)
  expect(await restartCode('@ana:hn', `B${KEY.slice(1)}`)).not.toBe(code)
  for (const typed of [code, code.replaceAll(' ', ''), code.replaceAll(' ', '-'), ` ${code} `])
    expect(isSameCode(typed, code)).toBe(true)
  for (const typed of ['', code.slice(1), `${code}0`, code.slice(0, 9)])
    expect(isSameCode(typed, code)).toBe(false)
  expect(isSameCode('', '')).toBe(false)
})

test('hostile: a confirmation has room for nothing else', () => {
  const signatures = { '@coordina:hn': { 'ed25519:X': 'AAAA' } }
  expect(identityConfirmationSchema.safeParse({ ...bare, signatures }).success).toBe(true)
  for (const wrong of [{ type: 'm.x' }, { master_key: 'corta' }, { note: 'Ana' }, { confirmed_ts: 1.5 }])
    expect(identityConfirmationSchema.safeParse({ ...bare, signatures, ...wrong }).success).toBe(false)
})
