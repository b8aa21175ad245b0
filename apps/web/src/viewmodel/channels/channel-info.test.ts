import type { MatrixEvent, Room } from 'matrix-js-sdk'
import { expect, test } from 'vitest'
import { descriptionOf, policyWords } from './channel-info.ts'

const room = (state: Record<string, object>) =>
  ({
    currentState: {
      getStateEvents: (type: string) =>
        state[type] && ({ getContent: () => state[type] } as unknown as MatrixEvent),
    },
  }) as unknown as Room
const contact = { text: { es: 'la coordinación', en: 'the coordination' } }

test('a policy is said in words, and what narrows nothing is left out', () => {
  const policy = {
    topic: 'minors',
    admits: { institution_kinds: ['judicial'], countries: ['GT'], roles: ['coordinator'] },
    contact,
  }
  expect(policyWords(room({ 'org.enlace.topic.policy': policy }))).toMatchObject({
    countries: [{ es: 'Guatemala' }],
    roles: [{ es: 'coordinación' }],
    contact: contact.text,
  })
  const open = policyWords(room({ 'org.enlace.topic.policy': { ...policy, admits: {} } }))
  expect(open).toEqual({ contact: contact.text })
})

test('one that cannot be read says nothing, and a description shows nothing hidden', () => {
  expect(policyWords(room({ 'org.enlace.topic.policy': { topic: 'minors', newer: true } }))).toBeUndefined()
  expect(policyWords(room({}))).toBeUndefined()
  expect(descriptionOf(room({ 'm.room.topic': { topic: 'Retornos\u202e' } }))).toBe('Retornos')
  expect(descriptionOf(room({ 'm.room.topic': { topic: 5 } }))).toBe('')
})
