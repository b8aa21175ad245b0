import { expect, test } from 'vitest'
import { firstOpen, formSteps, stepOfField } from './form-steps.ts'
import { suggestedInstitution } from './suggested-institution.ts'

const NOW = Date.parse('2026-05-05T18:00:00Z')
const draft = { institutions: [] as string[], values: {} as Record<string, string> }
const child = {
  given_names: 'María',
  surnames: 'López',
  birth_date: '2018',
  birth_municipality: 'Omoa',
}

test('one goes on where something is missing', () => {
  const at = (more: object) => firstOpen(formSteps({ ...draft, ...more }, NOW))
  expect(at({})).toBe('kind')
  const kind = 'birth_certificate'
  expect(at({ kind })).toBe('institution')
  const institutions = ['hn-rnp-sps']
  expect(at({ kind, institutions })).toBe('person')
  expect(at({ kind, institutions, values: child })).toBe('request')
  expect(at({ kind, institutions, values: { ...child, purpose: 'return' } })).toBe('send')
  const whole = { ...child, purpose: 'return', consent: 'parent', consent_date: '2026-05-04' }
  expect(at({ kind, institutions, values: whole })).toBe('send')
})

test('steps are those the kind asks for, and each field has one', () => {
  const keys = (kind: 'return_notice' | 'referral') =>
    formSteps({ ...draft, kind }, NOW).map((one) => one.key)
  expect(keys('return_notice')).toEqual(['kind', 'institution', 'request', 'send'])
  expect(keys('referral')).toEqual(['kind', 'institution', 'person', 'request', 'send'])
  expect(stepOfField('birth_certificate', 'surnames', {})).toBe('person')
  expect(stepOfField('birth_certificate', 'purpose', {})).toBe('request')
  expect(stepOfField('birth_certificate', 'consent', {})).toBe('send')
  expect(stepOfField('birth_certificate', 'institution', {})).toBe('institution')
})

test('whoever provides the service in the country of the person is suggested, when that is one', () => {
  const known = [
    ['hn-rnp-sps', 'civil_registry', 'HN'],
    ['hn-consulado', 'consular', 'HN'],
    ['gt-renap', 'civil_registry', 'GT'],
    ['hn-rnp-otra', 'civil_registry', 'HN'],
    ['gt-casa', 'ngo', 'GT'],
  ] as const
  const directory = new Map(
    known.map(([key, kind, country]) => [key, { key, name: key, kind, country } as never]),
  )
  const suggest = (
    present: readonly string[],
    providers: readonly string[] = [],
    values: Record<string, string> = {},
    own = 'gt-casa',
  ) =>
    suggestedInstitution(
      known.filter(([key]) => present.includes(key)).map(([key, , country]) => ({ key, name: key, country })),
      directory,
      new Set(providers),
      { kind: 'birth_certificate', values, own },
    )
  expect(suggest(['hn-rnp-sps', 'gt-renap', 'hn-consulado'])).toBe('hn-rnp-sps')
  expect(suggest(['hn-rnp-sps', 'gt-renap'], [], { birth_country: 'GT' })).toBe('gt-renap')
  expect(suggest(['hn-rnp-sps', 'hn-rnp-otra'])).toBeUndefined()
  expect(suggest(['hn-rnp-sps', 'hn-rnp-otra'], ['hn-rnp-sps'])).toBe('hn-rnp-sps')
  expect(suggest(['gt-casa', 'gt-renap'])).toBeUndefined()
  expect(suggest(['hn-consulado'])).toBe('hn-consulado')
  expect(suggest([])).toBeUndefined()
})
