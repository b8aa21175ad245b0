import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Member, roles } from '../members.ts'
import { contactPolicy, contactVerdict } from './contact-policy.ts'
import {
  checkConversationState,
  conversationEventType,
  conversationNameEventType,
  directBetween,
  isOutsideConversation,
} from './conversation.ts'
import type { TopicTable } from './types.ts'

const member = (
  role: Member['role'],
  kind: string,
  country: string,
  key = `${country.toLowerCase()}-${kind.replace('_', '-')}`,
): Member => ({
  institution: { key, kind, country },
  ...(role ? { role } : {}),
})
const registrar = member('staff', 'civil_registry', 'HN')

describe('contact policy', () => {
  test('colleagues of one institution write to each other, in whatever role', () => {
    for (const role of ['staff', 'coordinator', 'official'] as const)
      expect(contactVerdict(registrar, member(role, 'civil_registry', 'HN')).allowed).toBe(true)
  })
  test('staff reach staff with whom they share a topic, and every coordination', () => {
    expect(contactVerdict(registrar, member('staff', 'consular', 'GT')).allowed).toBe(true)
    expect(contactVerdict(registrar, member('coordinator', 'health', 'GT')).allowed).toBe(true)
    expect(contactVerdict(registrar, member('staff', 'health', 'HN'))).toMatchObject({
      allowed: false,
      rule: 'topic',
      instead: 'duty',
    })
  })
  test('officials of others are reached by way of the duty', () => {
    const refused = contactVerdict(registrar, member('official', 'civil_registry', 'GT'))
    expect(refused).toMatchObject({ allowed: false, rule: 'role', instead: 'duty' })
    expect(
      contactVerdict(member('official', 'judicial', 'GT'), member('official', 'health', 'HN')).allowed,
    ).toBe(true)
  })
  test('a topic that guards its past is no ground across a border, and one at home', () => {
    const table: TopicTable = {
      minors: {
        label: { es: 'Niñez', en: 'Children' },
        admits: ['judicial', 'consular'],
        cases: [],
        guarded: true,
      },
    }
    const judge = member('staff', 'judicial', 'GT')
    expect(contactVerdict(judge, member('staff', 'consular', 'HN'), table)).toMatchObject({ rule: 'country' })
    expect(contactVerdict(judge, member('staff', 'consular', 'GT'), table).allowed).toBe(true)
  })
  test('whoever is of no institution neither begins a conversation nor is brought into one', () => {
    expect(contactVerdict({}, registrar)).toMatchObject({ allowed: false, rule: 'outsider' })
    expect(contactVerdict(registrar, { role: 'coordinator' })).toMatchObject({
      allowed: false,
      rule: 'outsider',
    })
  })
  test('a role nobody states counts as staff, and the table has every pair', () => {
    expect(
      contactVerdict(member(undefined, 'judicial', 'GT'), member('official', 'judicial', 'HN')).allowed,
    ).toBe(false)
    for (const row of Object.values(contactPolicy))
      expect(Object.keys(row).sort()).toEqual(Object.keys(roles).sort())
  })
  test('every refusal says in both languages what to do instead', () => {
    const kinds = ['civil_registry', 'consular', 'health', 'judicial', 'ngo', 'otra']
    const someone = fc.record({
      role: fc.constantFrom('staff', 'coordinator', 'official', undefined),
      kind: fc.constantFrom(...kinds),
      country: fc.constantFrom('HN', 'GT', 'SV'),
    })
    fc.assert(
      fc.property(someone, someone, (one, other) => {
        const verdict = contactVerdict(
          member(one.role, one.kind, one.country),
          member(other.role, other.kind, other.country),
        )
        if (verdict.allowed) return
        expect(verdict.message.es).toMatch(/guardia|coordinación/)
        expect(verdict.message.en).toMatch(/duty|coordination/)
      }),
    )
  })
})

describe('what a conversation is', () => {
  const [ana, bea] = ['@ana:hn.example', '@bea:gt.example:8448']
  const state: Readonly<Record<string, object>> = {
    'm.room.encryption': { algorithm: 'm.megolm.v1.aes-sha2' },
    'm.room.join_rules': { join_rule: 'invite' },
  }
  const encrypted = (type: string) => state[type]
  const direct = { version: 1, kind: 'direct', between: directBetween(ana, bea) }
  const mark = (content: object) => ({ type: conversationEventType, state_key: '', content })

  test('a direct one is between two people, whoever begins it', () => {
    expect(directBetween(bea, ana)).toEqual(directBetween(ana, bea))
    expect(checkConversationState(mark(direct), encrypted).allowed).toBe(true)
    expect(isOutsideConversation(direct, ana)).toBe(false)
    expect(isOutsideConversation(direct, '@carla:hn.example')).toBe(true)
    expect(isOutsideConversation({ version: 1, kind: 'group' }, ana)).toBe(false)
  })
  test('none has words in what servers read', () => {
    const group = { version: 1, kind: 'group' }
    expect(checkConversationState(mark({ ...group, name: 'Caso de María' }), encrypted).allowed).toBe(false)
    const named = (content: object) => ({ type: conversationNameEventType, state_key: '', content })
    expect(checkConversationState(named({ event_id: '$abc_DEF-123' }), encrypted).allowed).toBe(true)
    for (const content of [{ name: 'María' }, { event_id: '$la niña María' }, { event_id: '$a', name: 'x' }])
      expect(checkConversationState(named(content), encrypted).allowed).toBe(false)
    expect(
      checkConversationState({ type: 'm.room.name', state_key: '', content: { name: 'x' } }, encrypted)
        .allowed,
    ).toBe(false)
  })
  test('none is entered but by invitation', () => {
    const rules = (content: object) => ({ type: 'm.room.join_rules', state_key: '', content })
    expect(checkConversationState(rules({ join_rule: 'invite' }), encrypted).allowed).toBe(true)
    for (const join_rule of ['public', 'knock', 'restricted', 'knock_restricted', undefined]) {
      const opened = { join_rule, allow: [{ type: 'm.room_membership', room_id: '!a:hn.example' }] }
      expect(checkConversationState(rules(opened), encrypted).allowed).toBe(false)
      const open = (type: string) => (type === 'm.room.join_rules' ? opened : encrypted(type))
      expect(checkConversationState(mark(direct), open).allowed).toBe(false)
    }
  })
  test('none changes into another', () => {
    const was = (type: string) => (type === conversationEventType ? direct : encrypted(type))
    expect(checkConversationState(mark({ version: 1, kind: 'group' }), was).allowed).toBe(false)
  })
})
