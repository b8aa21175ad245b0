import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { localDate, localDateTime, momentOf } from '../time/border-time.ts'
import { checkClearEvent } from '../topics/clear-events.ts'
import { answered, personText } from './case-answers.ts'
import { caseDetailsEventType } from './case-events.ts'
import {
  answers,
  askedFields,
  caseDetailsSchema,
  checkForm,
  expectedArrival,
  formAdvice,
  groupCounts,
  initialValues,
  isMinor,
  majority,
} from './case-form-check.ts'
import { absentKey, caseForms } from './case-forms.ts'
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

  test('under eighteen until the day itself; who may be is treated so, and a group is nobody’s age', () => {
    const minor = (birth_date: string) => isMinor('birth_certificate', { birth_date }, NOW)
    expect(minor('2008-05-05')).toBe(true)
    expect(minor('2008-05-04')).toBe(false)
    for (const uncertain of ['', 'ayer', 'unknown', '2008', '2008-05', '~18@2026-05-04', '~19@2026-05-04']) {
      expect(minor(uncertain)).toBe(true)
      expect(majority('referral', { birth_date: uncertain }, NOW)).toBe('uncertain')
    }
    for (const adult of ['2007', '2008-04', '~25@2026-05-04']) expect(minor(adult)).toBe(false)
    expect(isMinor('return_notice', {}, NOW)).toBe(false)
    for (const birth_date of ['2008', '~18@2026-05-04', 'unknown'])
      expect(checkForm('child_return', { ...child, birth_date }, NOW).map((one) => one.field)).not.toContain(
        'birth_date',
      )
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

describe('a person of whom little is known', () => {
  test('a date that is partly known is an answer', () => {
    for (const birth_date of ['2017', '2017-02', '~9@2026-05-04', 'unknown'])
      expect(checkForm('birth_certificate', { ...child, birth_date }, NOW)).toEqual([])
    for (const birth_date of ['2027', '2026-06', '~9@2026-05-05', '1700', '~300@2026-01-01'])
      expect(checkForm('birth_certificate', { ...child, birth_date }, NOW)).toMatchObject([
        { field: 'birth_date' },
      ])
  })

  test('without a surname, or without a name that is known: it is said, and no name is made up', () => {
    const bare = { ...child, surnames: '', [absentKey('surnames')]: 'none' }
    expect(checkForm('birth_certificate', bare, NOW)).toEqual([])
    expect(answers('birth_certificate', bare)).not.toHaveProperty('surnames')
    expect(answers('birth_certificate', bare)).toMatchObject({ surnames_absent: 'none' })
    expect(personText('birth_certificate', bare)?.es).toBe('María José (sin apellidos)')
    expect(answered('birth_certificate', bare).find((one) => one.field.key === 'surnames')?.text.es).toBe(
      'No tiene apellidos',
    )
    const unnamed = { ...bare, given_names: ' ', given_names_absent: 'not_known' }
    expect(checkForm('child_return', unnamed, NOW).map((one) => one.field)).not.toContain('given_names')
    expect(personText('birth_certificate', unnamed)?.es).toBe('Nombre no conocido')
    expect(personText('birth_certificate', { ...unnamed, given_names_absent: 'none' })?.en).toBe(
      'Not named yet',
    )
    // A name that is given counts, and a word that is no choice does not.
    expect(answers('birth_certificate', { ...bare, surnames: 'López' })).not.toHaveProperty('surnames_absent')
    expect(checkForm('birth_certificate', { ...bare, surnames_absent: 'constructor' }, NOW)).toMatchObject([
      { field: 'surnames' },
    ])
    expect(personText('birth_certificate', child)?.es).toBe('María José López Núñez')
    expect(personText('birth_certificate', {})).toBeUndefined()
    expect(personText('return_notice', {})).toBeUndefined()
  })

  test('what is worth a second look is said and stops nothing', () => {
    const says = (more: object) =>
      formAdvice('child_return', { ...child, ...more }, NOW).map((one) => [one.field, one.message.es])
    expect(says({})).toEqual([])
    expect(says({ surnames: 'NN' })).toEqual([['surnames', expect.stringContaining('márquelo')]])
    expect(says({ consent: 'holder' })).toEqual([['consent', expect.stringContaining('menor de edad')]])
    expect(says({ consent: 'holder', birth_date: '2008' })).toHaveLength(1)
    expect(says({ identity_number: '0513-2017-00001' })).toEqual([
      ['identity_number', expect.stringContaining('no tiene municipio 13')],
    ])
    expect(says({ identity_number: '0512-2016-00001' })).toEqual([
      ['identity_number', expect.stringContaining('antes de la fecha de nacimiento')],
    ])
    expect(says({ identity_number: '0512-2017-00001' })).toEqual([
      ['identity_number', 'DNI de Honduras: Cortés, 2017.'],
    ])
    // Whose number it is, the form says; of another country nothing is judged.
    expect(says({ identity_number: '0512-2017-00001', nationality: 'GT' })[0]?.[1]).toMatch(
      /dígito verificador/,
    )
    expect(says({ identity_number: '02345678-9', nationality: 'SV' })).toEqual([])
    expect(
      checkForm('birth_certificate', { ...child, identity_number: '9999', surnames: 'NN' }, NOW),
    ).toEqual([])
  })

  test('nationality may be none or not known; what older forms said is still read', () => {
    for (const nationality of ['HN', 'HT', 'AO', 'stateless', 'unknown', 'other'])
      expect(
        checkForm('nationality_verification', { ...child, nationality }, NOW).map((one) => one.field),
      ).toEqual([])
    expect(checkForm('nationality_verification', { ...child, nationality: 'XX' }, NOW)).toMatchObject([
      { field: 'nationality' },
    ])
    expect(
      answered('nationality_verification', { nationality: 'other', birth_date: '2017-02-28' }).map(
        (one) => one.text.es,
      ),
    ).toEqual(['28/02/2017', 'Otro país'])
  })
})
