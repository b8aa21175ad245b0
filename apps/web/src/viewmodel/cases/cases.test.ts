import {
  answerText,
  type CaseState,
  type CaseStep,
  type CaseUpdateContent,
  caseEventType,
  caseRow,
  caseUpdateContent,
  caseUpdateEventType,
  reasons,
  reduceCase,
  stepsOf,
  type TimelineEvent,
} from '@enlace/coordination'
import { describe, expect, test } from 'vitest'
import type { BoardRow } from '../../model/cases/records.ts'
import { en } from '../../words/en/index.ts'
import { es } from '../../words/es/index.ts'
import { chosen, fresher, mayAcknowledge, queryOf, startChoice } from './board.ts'
import { columnsOf, moveFocus } from './board-columns.ts'
import { printedFile } from './case-file.ts'
import { historyOf } from './case-history.ts'
import { arrangeSteps, asksMore, reasonsFor, stepDraft } from './case-steps.ts'
import { targetLength, timeLeft } from './case-time.ts'
import { institutionChoices } from './new-case.ts'

const ROOM = '!documentation:hn.localhost'
const HOUR = 3_600_000
const T0 = Date.UTC(2026, 0, 15, 15)
const registry = { institution: 'hn-rnp-sps', role: 'staff' } as const
const shelter = { institution: 'gt-casa-del-migrante-entre-rios', role: 'staff' } as const

function opened(n = 1, more: Record<string, unknown> = {}): TimelineEvent {
  return {
    event_id: `$case${n}`,
    room_id: ROOM,
    type: caseEventType,
    sender: '@albergue.gt:gt.localhost',
    origin_server_ts: T0,
    content: {
      reference: `DOC-2026-0200${String(n).padStart(2, '0')}`,
      kind: 'birth_certificate',
      priority: 'high',
      requesting: shelter.institution,
      responsible: registry.institution,
      acknowledge_by: T0 + HOUR,
      deadline: T0 + 72 * HOUR,
      by: shelter,
      ...more,
    },
  }
}

function stateOf(...steps: [CaseUpdateContent['by'], Parameters<typeof caseUpdateContent>[2]][]): CaseState {
  const events: TimelineEvent[] = []
  const now = () => {
    const made = reduceCase(opened(), events)
    if (typeof made === 'string') throw new Error(made)
    return made
  }
  for (const [by, draft] of steps)
    events.push({
      event_id: `$step${events.length}`,
      room_id: ROOM,
      type: caseUpdateEventType,
      sender: by === registry ? '@registro.hn:hn.localhost' : '@albergue.gt:gt.localhost',
      origin_server_ts: T0 + (events.length + 1) * 60_000,
      content: caseUpdateContent(now(), by, draft),
    })
  return now()
}

const row = (n: number, more: Partial<BoardRow> = {}): BoardRow => {
  const state = reduceCase(opened(n), [])
  if (typeof state === 'string') throw new Error(state)
  return { ...caseRow(state), flags: [], ...more }
}

describe('the board', () => {
  test('asks the node for what was chosen', () => {
    expect(queryOf(startChoice)).toEqual({ view: 'institution', ended: false })
    expect(
      queryOf({ ...startChoice, tab: 'room', room: ROOM, reference: ' doc-2026 ', flag: 'overdue' }),
    ).toEqual({
      view: 'all',
      room: ROOM,
      reference: 'doc-2026',
      flag: 'overdue',
      ended: false,
    })
  })

  test('without the node the same choice is made of what the device kept', () => {
    const rows = [
      row(1, { flags: ['overdue'] }),
      row(2, { owner: 'gt-renap', requesting: 'gt-sbs' }),
      row(3, { status: 'closed' }),
    ]
    const who = { userId: '@registro.hn:hn.localhost', institution: registry.institution }
    const ids = (choice: Partial<typeof startChoice>) =>
      chosen(rows, { ...startChoice, ...choice }, who).map((one) => one.id)
    expect(ids({ tab: 'institution' })).toEqual(['$case1'])
    expect(ids({ tab: 'overdue' })).toEqual(['$case1'])
    expect(ids({ tab: 'all' }).sort()).toEqual(['$case1', '$case2'])
    expect(ids({ tab: 'all', ended: true })).toHaveLength(3)
    expect(ids({ tab: 'all', reference: 'doc-2026-020002' })).toEqual(['$case2'])
  })

  test('a step that came by sync is newer than the row the node gave before', () => {
    const moved = stateOf([registry, { step: 'acknowledge' }])
    expect(fresher(row(1), moved).status).toBe('acknowledged')
    expect(fresher(row(1, { changed_ts: T0 + 9 * HOUR }), moved).status).toBe('sent')
  })

  test('acknowledging is offered to whom it falls to', () => {
    expect(mayAcknowledge(row(1), registry.institution)).toBe(true)
    expect(mayAcknowledge(row(1), shelter.institution)).toBe(false)
    expect(mayAcknowledge(row(1), undefined)).toBe(false)
    expect(
      mayAcknowledge(row(1, { status: 'in_process', times: { acknowledged: T0 } }), registry.institution),
    ).toBe(false)
  })

  test('columns follow the order of the work, and the keyboard goes through them', () => {
    const columns = columnsOf([
      row(1, { status: 'issued' }),
      row(2),
      row(3),
      row(4, { status: 'in_process' }),
    ])
    expect(columns.map((one) => one.status)).toEqual(['sent', 'in_process', 'issued'])
    expect(moveFocus(columns, '$case2', 'ArrowDown', 'columns')).toBe('$case3')
    expect(moveFocus(columns, '$case3', 'ArrowDown', 'columns')).toBe('$case3')
    expect(moveFocus(columns, '$case3', 'ArrowRight', 'columns')).toBe('$case4')
    expect(moveFocus(columns, '$case3', 'ArrowDown', 'list')).toBe('$case4')
    expect(moveFocus(columns, undefined, 'ArrowDown', 'list')).toBe('$case2')
    expect(moveFocus([], undefined, 'ArrowDown', 'list')).toBeUndefined()
  })
})

describe('time', () => {
  test('is said in the unit a person would use, never more than there is', () => {
    expect(timeLeft(row(1), T0 + 1)).toEqual({
      what: 'acknowledgement',
      at: T0 + HOUR,
      late: false,
      unit: 'minutes',
      n: 59,
    })
    expect(timeLeft(row(1), T0 + 3 * HOUR)).toMatchObject({ late: true, unit: 'hours', n: 2 })
    expect(timeLeft(row(1, { times: { acknowledged: T0 }, status: 'accepted' }), T0)).toMatchObject({
      what: 'fulfilment',
      unit: 'days',
      n: 3,
    })
    expect(timeLeft(row(1, { status: 'closed' }), T0)).toBeUndefined()
  })

  test('a target is said in the largest unit that is exact', () => {
    expect(targetLength({ minutes: 3 * 420, time: 'working' })).toEqual({ unit: 'workingDays', n: 3 })
    expect(targetLength({ minutes: 72 * 60, time: 'clock' })).toEqual({ unit: 'hours', n: 72 })
  })
})

describe('a step', () => {
  test('is not made before all it needs is there', () => {
    const rule = stepsOf('birth_certificate').get('deliver')!
    expect(stepDraft('deliver', rule, {}, T0)).toEqual({ missing: ['delivered'] })
    expect(
      stepDraft('deliver', rule, { deliveredTo: 'guardian', identityCheck: 'identity_document' }, T0),
    ).toEqual({
      draft: { step: 'deliver', delivered: { to: 'guardian', identity_check: 'identity_document' } },
    })
    const deadline = stepsOf('birth_certificate').get('set_deadline')!
    expect(
      stepDraft('set_deadline', deadline, { deadline: '2020-01-01T08:00', reason: 'agreed' }, T0),
    ).toEqual({
      missing: ['deadline'],
    })
  })

  test('every step that needs a reason offers some, in words', () => {
    for (const [step, rule] of stepsOf('birth_certificate'))
      if (rule.needs?.includes('reason')) {
        const offered = reasonsFor(step as CaseStep)
        expect(offered).not.toEqual([])
        for (const reason of offered)
          expect(reasons[reason]).toEqual({ es: expect.any(String), en: expect.any(String) })
      }
  })

  test('is one touch where there is nothing to say; what ends a case, carries data or counts people is asked first', () => {
    const asks = (kind: Parameters<typeof stepsOf>[0], step: CaseStep) =>
      asksMore(step, stepsOf(kind).get(step))
    expect([asks('birth_certificate', 'acknowledge'), asks('return_notice', 'arrive')]).toEqual([
      false,
      false,
    ])
    for (const step of ['deliver', 'revoke', 'reject'] as const)
      expect(asks('birth_certificate', step)).toBe(true)
    expect(asks('return_notice', 'receive')).toBe(true)
  })

  test('what is next stands in front; what ends or hands over a case does not', () => {
    const steps = arrangeSteps('birth_certificate', ['accept', 'reject', 'revoke', 'offer_transfer'])
    expect(steps).toEqual({ forward: ['accept'], beside: ['reject'], more: ['revoke', 'offer_transfer'] })
  })
})

describe('a new case', () => {
  test('who usually answers comes first; one does not ask oneself', () => {
    const directory = new Map([
      ['hn-rnp-sps', { key: 'hn-rnp-sps', name: 'Registro', kind: 'civil_registry', country: 'HN' }],
      ['gt-sbs', { key: 'gt-sbs', name: 'Bienestar', kind: 'child_protection', country: 'GT' }],
    ]) as unknown as Parameters<typeof institutionChoices>[1]
    const people = ['gt-sbs', 'hn-rnp-sps', 'hn-rnp-sps', shelter.institution].map((institution) => ({
      institution,
    }))
    expect(
      institutionChoices(people, directory, 'birth_certificate', shelter.institution).map((one) => one.key),
    ).toEqual(['hn-rnp-sps', 'gt-sbs'])
  })
})

describe('the file of a case', () => {
  const names = { institution: (key: string) => `<${key}>`, person: (id: string) => `<${id}>` }

  test('tells what happened, refused steps with their reason, in both languages', () => {
    const state = stateOf(
      [registry, { step: 'acknowledge' }],
      [shelter, { step: 'accept' }],
      [registry, { step: 'accept' }],
    )
    expect(historyOf(state, []).map((one) => one.kind)).toEqual(['opened', 'step', 'refused', 'step'])
    for (const [words, language, refused] of [
      [es, 'es', es.cases.page.refusedReason.not_a_party],
      [en, 'en', en.cases.page.refusedReason.not_a_party],
    ] as const) {
      const file = printedFile({
        state,
        details: {
          kind: 'birth_certificate',
          values: { given_names: 'Nadie', birth_date: '2018-03-14', purpose: 'court' },
          caseId: state.id,
          roomId: ROOM,
          sender: '@albergue.gt:gt.localhost',
          ts: T0,
        },
        documents: new Map(),
        notes: [],
        escalations: [],
        names,
        words,
        language,
        by: 'Juzgado',
        now: T0,
      })
      const text = JSON.stringify(file)
      for (const part of [state.reference, 'Nadie', '14/03/2018', refused, '<hn-rnp-sps>'])
        expect(text).toContain(part)
      expect(text).not.toMatch(/undefined|\[object/)
    }
  })

  test('of whom little is known the file says what is known, and how to treat them', () => {
    const state = stateOf([registry, { step: 'acknowledge' }])
    const file = (values: Record<string, string>, language: 'es' | 'en') =>
      JSON.stringify(
        printedFile({
          state,
          details: {
            kind: 'birth_certificate',
            values,
            caseId: state.id,
            roomId: ROOM,
            sender: '@albergue.gt:gt.localhost',
            ts: T0,
          },
          documents: new Map(),
          notes: [],
          escalations: [],
          names,
          words: language === 'es' ? es : en,
          language,
          by: 'Juzgado',
          now: T0,
        }),
      )
    const little = {
      given_names: 'Domingo',
      surnames_absent: 'none',
      birth_date: '~17@2026-01-10',
      birth_country: 'unknown',
    }
    for (const part of [
      'Domingo',
      'No tiene apellidos',
      'unos 17 años de edad al 10/01/2026',
      'No se conoce',
      es.caseForm.uncertain,
    ])
      expect(file(little, 'es')).toContain(part)
    for (const part of ['Has no surname', 'about 17 years old on 10/01/2026', en.caseForm.uncertain])
      expect(file(little, 'en')).toContain(part)
    expect(
      file({ ...little, birth_date: 'unknown', given_names: '', given_names_absent: 'not_known' }, 'es'),
    ).toContain('No se conoce su nombre')
    // Of whom it is certain, and in files of before, nothing is added.
    for (const birth_date of ['2018-03-14', '1990', '1990-05'])
      expect(file({ ...little, birth_date }, 'es')).not.toContain(es.caseForm.uncertain)
  })

  test('answers are said as a person reads them', () => {
    const choice = { options: { yes: { es: 'Sí', en: 'Yes' } }, type: 'choice' } as never
    expect(answerText(choice, 'yes').es).toBe('Sí')
    expect(answerText({ type: 'date_time' } as never, '2026-01-14T09:30').es).toBe('14/01/2026 09:30')
    expect(answerText({ type: 'text' } as never, '2026-01-14').es).toBe('2026-01-14')
  })
})
