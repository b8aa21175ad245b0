import { describe, expect, test } from 'vitest'
import { reduceCase } from '../cases/case.ts'
import { caseRow } from '../cases/case-board.ts'
import type { CaseContent } from '../cases/case-events.ts'
import { caseFamilies } from '../cases/case-families.ts'
import { caseKindKeys, familyOf } from '../cases/case-kinds.ts'
import { measure } from '../cases/measures.ts'
import type { Member } from '../members.ts'
import { openCase, registry, step } from '../testing.ts'
import { corridorSpaceRequest, topicChannelRequest } from './channels.ts'
import { admission, admissionUnder, defaultPolicy, topicPolicyEventType } from './policy.ts'
import { caseKindsFor, corridorTopics, corridorTopicsText, isGuarded, topicLabel, topics } from './topics.ts'
import type { TopicTable } from './types.ts'

/** The one entry that a new topic takes. */
const withHealth = {
  ...topics,
  health: {
    label: { es: 'Salud', en: 'Health' },
    admits: ['health', 'reception'],
    cases: ['referral'],
    guarded: true,
    inEveryCorridor: true,
  },
} as const satisfies TopicTable

const member = (kind: string): Member => ({
  institution: { key: 'gt-example', kind, country: 'GT' },
  role: 'staff',
})

describe('a topic of its own is one entry', () => {
  test('its policy admits the kinds the entry names, and refuses others by its name', () => {
    const policy = defaultPolicy('health', { corridor: '!space' }, withHealth)
    expect(admission(policy, member('health'), withHealth)).toEqual({ admitted: true })
    expect(admissionUnder(policy, member('reception'), withHealth)).toEqual({ admitted: true })
    const refused = admission(policy, member('police'), withHealth)
    expect(refused).toMatchObject({ admitted: false, rule: 'institution_kind' })
    if (refused.admitted) return
    expect(refused.message.es).toContain('canal «Salud»')
    expect(refused.message.en).toContain('channel “Health”')
  })

  test('its channel has its name, its policy, and the guard the entry asks for', () => {
    const request = topicChannelRequest(
      'health',
      { creator: '@a:hn', coordinators: [], corridor: '!space', via: ['hn'] },
      withHealth,
    )
    const state = (type: string) => request.initial_state.find((event) => event.type === type)?.content
    expect([request.name, request.topic]).toEqual(['Salud', 'Salud · Health'])
    expect(state(topicPolicyEventType)).toMatchObject({
      topic: 'health',
      admits: { institution_kinds: ['health', 'reception'] },
    })
    expect(state('m.room.history_visibility')).toEqual({ history_visibility: 'joined' })
    expect(state('m.room.encryption')).toMatchObject({ rotation_period_ms: 86_400_000 })
  })

  test('every corridor has it, the refusal of the node names it, and nothing else changes', () => {
    expect(corridorTopics(withHealth)).toEqual([...corridorTopics(), 'health'])
    expect(corridorTopicsText(withHealth).es).toBe(
      'Documentación, Repatriación y retorno, Niñez y adolescencia migrante o Salud',
    )
    expect(topicLabel('minors', withHealth)).toBe(topicLabel('minors'))
  })

  test('its cases are those of its families: offered first, opened, answered and measured', () => {
    const { fits, others } = caseKindsFor('health', withHealth)
    expect(fits).toEqual(['referral'])
    expect([...fits, ...others].sort()).toEqual([...caseKindKeys].sort())
    const content: Partial<CaseContent> = { kind: fits[0]!, reference: 'REF-2026-010001' }
    const state = reduceCase(openCase(content), [
      step('$1', 2_000, registry, { step: 'acknowledge' }),
      step('$2', 3_000, registry, { step: 'accept' }, ['$1']),
      step('$3', 4_000, registry, { step: 'start' }, ['$2']),
      step('$4', 5_000, registry, { step: 'complete' }, ['$3']),
    ])
    if (typeof state === 'string') throw new Error(state)
    expect(state.status).toBe('done')
    const [all] = measure([caseRow(state)], [], 'all', {
      now: 6_000,
      countryOf: () => 'HN',
      families: ['referral'],
    })
    expect(all).toMatchObject({ cases: 1, withinTarget: 1, delivered: { count: 1, median: 4_000 } })
  })
})

describe('the table', () => {
  test('a topic without default policy has a label and cases; one that is not in it is shown by its key', () => {
    expect(topicLabel('transit').es).toBe('Tránsito')
    expect(topicLabel('fishing')).toEqual({ es: 'fishing', en: 'fishing' })
    expect(topicLabel('constructor')).toEqual({ es: 'constructor', en: 'constructor' })
    expect(isGuarded('constructor')).toBe(false)
    expect(caseKindsFor('constructor').fits.map(familyOf)).toEqual(['referral', 'transfer'])
  })

  test('what the corridors start with', () => {
    expect(corridorTopics()).toEqual(['documentation', 'returns', 'minors'])
    expect(corridorTopics().map((topic) => isGuarded(topic))).toEqual([false, false, true])
    expect(corridorTopicsText()).toEqual({
      es: 'Documentación, Repatriación y retorno o Niñez y adolescencia migrante',
      en: 'Documentation, Repatriation and return, or Migrant children',
    })
  })

  test('each kind of case is offered first by some topic', () => {
    const offered = new Set(Object.keys(topics).flatMap((topic) => caseKindsFor(topic).fits))
    expect([...offered].sort()).toEqual([...caseKindKeys].sort())
  })
})

describe('families of case', () => {
  test('each is fulfilled by a status of its own, and no two share a prefix', () => {
    const entries = Object.values(caseFamilies)
    for (const { statuses, fulfilledBy } of entries) expect(statuses).toContain(fulfilledBy)
    expect(new Set(entries.map((one) => one.prefix)).size).toBe(entries.length)
  })
})

test('a corridor is named, whatever its topics are', () => {
  expect(corridorSpaceRequest({ creator: '@a:hn', coordinators: [], name: 'Agua Caliente' }).name).toBe(
    'Agua Caliente',
  )
})
