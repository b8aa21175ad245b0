import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { localDate, localDateTime, momentOf } from '../time/border-time.ts'
import { checkClearEvent } from '../topics/clear-events.ts'
import { caseDetailsEventType } from './case-events.ts'
import {
  answers,
  askedFields,
  caseDetailsSchema,
  checkForm,
  expectedArrival,
  groupCounts,
  initialValues,
  isMinor,
  maybeSamePerson,
} from './case-form-check.ts'
import { caseForms } from './case-forms.ts'
import { type CaseKind, caseKindKeys } from './case-kinds.ts'
import { deadlinesFor } from './case-targets.ts'

/** 4 May 2026, 21:00 in both countries: already the 5th in UTC. */
const NOW = Date.parse('2026-05-05T03:00:00Z')
const child = {
  given_names: 'María José',
  surnames: 'López Núñez',
  birth_date: '2017-02-28',
  birth_municipality: 'Omoa',
  purpose: 'return',
  consent: 'parent',
  consent_date: '2026-05-04',
}

describe('forms of cases', () => {
  test('every kind has one; keys are unique, labels are in both languages, nothing written travels in the clear', () => {
    for (const kind of caseKindKeys) {
      const form = caseForms[kind]
      expect(new Set(form.map((one) => one.key)).size).toBe(form.length)
      for (const field of form) {
        expect([field.label.es, field.label.en].every((text) => text.length > 1)).toBe(true)
        expect(field.type === 'choice').toBe(field.options !== undefined)
        if (field.when) expect(form.some((one) => one.key === field.when?.field)).toBe(true)
      }
    }
    expect(checkClearEvent(caseDetailsEventType, {}).allowed).toBe(false)
  })

  test('every kind but the notice of a group asks for consent', () => {
    const without = caseKindKeys.filter((kind) => !caseForms[kind].some((one) => one.key === 'consent'))
    expect(without).toEqual(['return_notice'])
  })

  test('a form that is complete has no problems; each that is missing is named once', () => {
    expect(checkForm('birth_certificate', child, NOW)).toEqual([])
    for (const nothing of [' ', '\u200b', '\u2066\u2069', '\u00ad\ufeff', '\u3164', '\u{e0041}'])
      expect(checkForm('birth_certificate', { ...child, given_names: nothing }, NOW)).toMatchObject([
        { field: 'given_names' },
      ])
    expect(answers('birth_certificate', { ...child, given_names: 'Ma\u200bría\u00ad' })['given_names']).toBe(
      'María',
    )
    expect(checkForm('birth_certificate', {}, NOW).map((one) => one.field)).toEqual([
      'given_names',
      'surnames',
      'birth_date',
      'birth_municipality',
      'purpose',
      'consent',
    ])
  })

  test('the day is that of the border, not that of Greenwich', () => {
    expect(localDate(NOW)).toBe('2026-05-04')
    expect(checkForm('birth_certificate', { ...child, birth_date: '2026-05-04' }, NOW)).toEqual([])
    expect(checkForm('birth_certificate', { ...child, birth_date: '2026-05-05' }, NOW)).toMatchObject([
      { field: 'birth_date' },
    ])
    expect(momentOf('2026-05-04T21:00')).toBe(NOW)
  })

  test('dates that do not exist are refused', () => {
    for (const birth_date of ['2017-02-30', '17-02-28', 'ayer', '0217-02-28', '2017-13-01'])
      expect(checkForm('birth_certificate', { ...child, birth_date }, NOW)).toHaveLength(1)
  })

  test('under eighteen until the day itself', () => {
    expect(isMinor({ birth_date: '2008-05-05' }, NOW)).toBe(true)
    expect(isMinor({ birth_date: '2008-05-04' }, NOW)).toBe(false)
    expect(isMinor({ birth_date: '' }, NOW)).toBeUndefined()
    expect(checkForm('child_return', { ...child, birth_date: '2000-01-01' }, NOW)).toContainEqual(
      expect.objectContaining({ field: 'birth_date' }),
    )
  })

  test('without consent nothing is sent; the decision of an authority says which', () => {
    expect(checkForm('referral', { ...child, consent: 'not_obtained' }, NOW)).toContainEqual(
      expect.objectContaining({ field: 'consent' }),
    )
    expect(checkForm('birth_certificate', { ...child, consent: 'authority' }, NOW)).toMatchObject([
      { field: 'consent_basis' },
    ])
  })

  test('what was filled in for a question that went away is not sent', () => {
    const values = { ...child, consent: 'parent', consent_basis: 'Juzgado', note: '  ' }
    expect(answers('birth_certificate', values)).not.toHaveProperty('consent_basis')
    expect(answers('birth_certificate', values)).not.toHaveProperty('note')
    expect(askedFields('birth_certificate', values).map((one) => one.key)).not.toContain('consent_basis')
  })

  test('8.12 what a form says of a group is for the device: the deadline tells the day it ends, not the hour of arrival', () => {
    const values = {
      expected: '2026-05-05T09:30',
      route: 'corinto',
      transport: 'bus',
      adults: '12',
      families: '3',
      unaccompanied_children: '2',
      medical_needs: '1',
      note: 'Viene Yolanda',
    }
    expect(checkForm('return_notice', values, NOW)).toEqual([])
    const arrival = expectedArrival('return_notice', values)!
    expect(localDateTime(arrival)).toBe('2026-05-05T09:30')
    expect(expectedArrival('birth_certificate', values)).toBeUndefined()
    expect(groupCounts(values)).toEqual({
      adults: 12,
      families: 3,
      unaccompanied_children: 2,
      medical_needs: 1,
    })
    expect(groupCounts({ ...values, adults: '' })).toBeUndefined()
    const deadlines = ['05:00', '09:30', '23:59'].map((hour) =>
      deadlinesFor(
        {
          kind: 'return_notice',
          priority: 'medium',
          country: 'HN',
          expectedArrival: expectedArrival('return_notice', { ...values, expected: `2026-05-05T${hour}` })!,
        },
        NOW,
      ),
    )
    expect(new Set(deadlines.map((one) => localDateTime(one.deadline)))).toEqual(
      new Set(['2026-05-07T00:00']),
    )
    expect(
      checkForm('return_notice', { ...values, adults: '0', families: '0', unaccompanied_children: '0' }, NOW),
    ).toMatchObject([{ field: 'adults' }])
  })

  test('what is sent can be read back, whatever was typed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...caseKindKeys),
        fc.dictionary(fc.string({ maxLength: 20 }), fc.string({ maxLength: 200 })),
        (kind: CaseKind, values) => {
          checkForm(kind, values, NOW)
          const sent = answers(kind, { ...initialValues(kind, NOW), ...values })
          expect(caseDetailsSchema.parse({ kind, values: sent }).values).toEqual(sent)
        },
      ),
    )
  })
})

describe('one person in two forms', () => {
  const same = (a: object, b: object) => maybeSamePerson({ ...child, ...a }, { ...child, ...b })

  test('accents, order, case and a name left out do not hide it', () => {
    expect(same({}, { given_names: 'MARIA JOSE', surnames: 'Lopes Nuñes' })).toBe(true)
    expect(same({}, { given_names: 'María', surnames: 'López' })).toBe(true)
    expect(same({}, { given_names: 'López', surnames: 'María de la Núñez' })).toBe(true)
  })

  test('another birthday, another name or a single name is another person', () => {
    expect(same({}, { birth_date: '2017-02-27' })).toBe(false)
    expect(same({}, { given_names: 'Ana' })).toBe(false)
    expect(same({}, { given_names: 'María', surnames: '' })).toBe(false)
    expect(maybeSamePerson({ given_names: 'A B' }, { given_names: 'A B' })).toBe(false)
  })
})
