import { describe, expect, it } from 'vitest'
import { believedMember, memberProfileSchema, readMemberProfile } from './members.ts'

const registry = new Map([
  ['gt-renap', { key: 'gt-renap', kind: 'civil_registry', country: 'GT', name: 'RENAP' }],
  ['gt-sbs', { key: 'gt-sbs', kind: 'child_protection', country: 'GT', name: 'SBS' }],
])
const sources = {
  hosts: (key: string) => key === 'gt-renap',
  institution: (key: string) => registry.get(key),
}
const profile = (institution: unknown, role: unknown) => ({
  displayname: 'Registro civil',
  'org.enlace.institution': institution,
  'org.enlace.role': role,
})

describe('readMemberProfile', () => {
  it('reads both fields and leaves out what is malformed', () => {
    expect(readMemberProfile(profile('gt-renap', 'official'))).toEqual({
      institution: 'gt-renap',
      role: 'official',
    })
    expect(readMemberProfile(profile('RENAP', 'boss'))).toEqual({})
    expect(readMemberProfile(profile(null, 1))).toEqual({})
    expect(memberProfileSchema.safeParse(profile('gt-renap', 'boss')).success).toBe(false)
  })
})

describe('believedMember', () => {
  it('takes kind and country from the registry', () => {
    expect(believedMember(profile('gt-renap', 'staff'), sources)).toEqual({
      institution: { key: 'gt-renap', kind: 'civil_registry', country: 'GT' },
      role: 'staff',
    })
  })

  it.each([
    ['an institution on another server', profile('gt-sbs', 'official')],
    ['an institution the registry does not know', profile('gt-nobody', 'official')],
    ['a role without institution', profile(undefined, 'official')],
  ])('believes nothing of %s', (_what, claim) => {
    expect(believedMember(claim, { ...sources, hosts: (key) => key !== 'gt-sbs' })).toEqual({})
  })
})
