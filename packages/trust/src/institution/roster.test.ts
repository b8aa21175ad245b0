import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { generateTrustKey } from '../keys.ts'
import {
  createRoster,
  openNames,
  type Roster,
  readRoster,
  rosterId,
  rosterText,
  sealNames,
} from './roster.ts'

const now = () => Date.now()
const [renap, stranger] = [generateTrustKey(), generateTrustKey()]
const salt = randomBytes(16).toString('base64')

function rosterOf(text: string): Roster {
  const read = readRoster(text, 'gt-renap')
  if (!read.ok) throw new Error(read.detail)
  return read.roster
}

describe('9.2: a roster', () => {
  test('9.2: an account that is met can be looked up; nobody can be listed without the key', async () => {
    const members = [
      { userId: '@ana:gt.example', role: 'coordinator' as const, since: 10 },
      { userId: '@luis:gt.example', role: 'staff' as const, since: 20, until: 30 },
    ]
    const text = await createRoster({ institution: 'gt-renap', members, key: renap })
    expect(text).not.toContain('ana')
    const current = rosterOf(text)
    const of = async (userId: string, at: number) =>
      current.validEntry(await rosterId(current.salt, userId), at)?.role
    expect(await of('@ana:gt.example', 9)).toBeUndefined()
    expect(await of('@ana:gt.example', 10)).toBe('coordinator')
    expect([await of('@luis:gt.example', 29), await of('@luis:gt.example', 30)]).toEqual(['staff', undefined])
    expect(await of('@Ana:gt.example', 99)).toBeUndefined()
    const sealed = current.sealed!
    expect(Object.values(openNames(renap, 'gt-renap', sealed)!).sort()).toEqual([
      '@ana:gt.example',
      '@luis:gt.example',
    ])
    expect(openNames(stranger, 'gt-renap', sealed)).toBeUndefined()
    expect(openNames(renap, 'gt-pgn', sealed)).toBeUndefined()
    for (const damaged of ['', 'AAAA', `${sealed.slice(0, -6)}AAAAAA`])
      expect(openNames(renap, 'gt-renap', damaged)).toBeUndefined()
  })

  test('9.2: 5,000 people fit; twice the same, out of order, or ending before it begins does not', () => {
    const ids = Array.from({ length: 5000 }, (_, n) => n.toString(16).padStart(64, '0'))
    const names = Object.fromEntries(
      ids.map((id) => [id, `@nombre.apellido.${id.slice(-5)}:mensajes.institucion.gob.example`]),
    )
    const all = ids.map((id) => ({ id, role: 'coordinator' as const, since: now(), until: now() + 1 }))
    const text = rosterText({
      institution: 'gt-renap',
      salt,
      members: all,
      sealed: sealNames(renap, 'gt-renap', names),
    })
    expect(rosterOf(text).members).toHaveLength(5000)
    const one = { id: 'a'.repeat(64), role: 'staff' as const, since: 5 }
    for (const members of [
      [one, one],
      [...all, one],
      [{ ...one, until: 5 }],
      [{ ...one, role: 'boss' as never }],
    ])
      expect(() => rosterText({ institution: 'gt-renap', salt, members })).toThrow()
    expect(() => rosterText({ institution: 'gt-renap', salt: 'AAAA', members: [] })).toThrow()
  })
})
