import { describe, expect, it } from 'vitest'
import type { Member } from '../members.ts'
import { admission, admissionUnder, defaultPolicy, parseTopicPolicy, type TopicPolicy } from './policy.ts'
import { corridorTopics } from './topics.ts'

const member = (kind: string, country = 'GT', role: Member['role'] = 'staff'): Member => ({
  institution: { key: 'gt-example', kind, country },
  role,
})

describe('admission', () => {
  it.each(['child_protection', 'judicial', 'consular', 'civil_registry'])(
    'minors admits %s in every role',
    (kind) => {
      for (const role of ['staff', 'coordinator', 'official'] as const)
        expect(admission(defaultPolicy('minors'), member(kind, 'HN', role))).toEqual({ admitted: true })
    },
  )

  it.each(['ngo', 'reception', 'police', 'un', 'migration'])(
    'minors refuses %s, naming rule and contact',
    (kind) => {
      const answer = admission(defaultPolicy('minors'), member(kind))
      expect(answer).toMatchObject({ admitted: false, rule: 'institution_kind' })
      if (answer.admitted) return
      expect(answer.whom?.text.es).toBe('la coordinación del canal')
      expect(answer.message.es).toContain('Consulte a: la coordinación del canal')
      expect(answer.message.en).toContain('child protection, court')
    },
  )

  it('refuses an account without institution', () => {
    expect(admission(defaultPolicy('documentation'), { role: 'official' })).toMatchObject({
      admitted: false,
      rule: 'institution',
    })
  })

  it('admits a named institution beside the kinds, and then still asks country and role', () => {
    const policy: TopicPolicy = {
      topic: 'minors',
      admits: {
        institution_kinds: ['judicial'],
        institutions: ['gt-example'],
        countries: ['GT'],
        roles: ['official'],
      },
      contact: { text: { es: 'la coordinación', en: 'the coordination' } },
    }
    expect(admission(policy, member('ngo', 'GT', 'official')).admitted).toBe(true)
    expect(admission(policy, member('ngo', 'HN', 'official'))).toMatchObject({ rule: 'country' })
    expect(admission(policy, member('ngo', 'GT', 'staff'))).toMatchObject({ rule: 'role' })
    expect(admission(policy, { institution: { key: 'gt-other', kind: 'ngo', country: 'GT' } })).toMatchObject(
      {
        rule: 'institution_kind',
      },
    )
  })

  it('an empty list admits nobody, an absent criterion everybody', () => {
    const contact = { text: { es: 'x', en: 'x' } }
    expect(admission({ topic: 't', admits: {}, contact }, member('anything')).admitted).toBe(true)
    for (const admits of [{ institution_kinds: [] }, { institutions: [] }, { countries: [] }, { roles: [] }])
      expect(admission({ topic: 't', admits, contact }, member('ngo')).admitted).toBe(false)
  })

  it('does not take a kind for an object property', () => {
    expect(admission(defaultPolicy('minors'), member('constructor'))).toMatchObject({ admitted: false })
  })
})

describe('admissionUnder', () => {
  it('leaves rooms without a policy alone', () => {
    expect(admissionUnder(undefined, {})).toEqual({ admitted: true })
  })

  it.each([{}, null, 'x', { ...defaultPolicy('minors'), admits: { citizenship: ['GT'] } }])(
    'admits nobody under a policy it cannot read: %j',
    (content) => {
      expect(admissionUnder(content, member('judicial'))).toMatchObject({ admitted: false, rule: 'policy' })
    },
  )
})

describe('the policy schema', () => {
  it('reads the default policies back from JSON', () => {
    for (const topic of corridorTopics()) {
      const policy = defaultPolicy(topic, { corridor: '!space' })
      expect(parseTopicPolicy(JSON.parse(JSON.stringify(policy)))).toEqual({ ok: true, policy })
    }
  })

  it('names what is wrong', () => {
    const parsed = parseTopicPolicy({ ...defaultPolicy('minors'), contact: { text: { es: '' } } })
    expect(parsed).toMatchObject({ ok: false, reason: expect.stringContaining('contact.text.es') })
  })
})
