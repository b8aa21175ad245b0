import { expect, test } from 'vitest'
import type { Person } from '../../model/channels/types.ts'
import { messageContent } from '../timeline/composer.ts'
import { addressOf, groupMembers } from './members.ts'

const person = (userId: string, name: string, institutionName?: string, country?: string): Person => ({
  userId,
  name,
  membership: 'join',
  ...(institutionName ? { institution: institutionName.toLowerCase(), institutionName } : {}),
  ...(country ? { country } : {}),
})

test('people stand by country and institution, by name within, the unknown last', () => {
  const groups = groupMembers([
    person('@x:otro', 'Sin datos'),
    person('@b:hn', 'Zelaya', 'RNP', 'HN'),
    person('@a:hn', 'Álvarez', 'RNP', 'HN'),
    person('@c:gt', 'Juzgado', 'OJ', 'GT'),
  ])
  expect(groups.map((group) => group.institutionName)).toEqual(['OJ', 'RNP', undefined])
  expect(groups[1]?.people.map((one) => one.name)).toEqual(['Álvarez', 'Zelaya'])
})

test('a name alone is of the own server; a whole address stays', () => {
  expect(addressOf(' registro.hn ', 'hn:8110')).toBe('@registro.hn:hn:8110')
  expect(addressOf('@albergue.gt:gt:8210', 'hn')).toBe('@albergue.gt:gt:8210')
  expect(addressOf('albergue.gt:gt:8210', 'hn')).toBe('@albergue.gt:gt:8210')
  expect(addressOf('María López', 'hn')).toBeUndefined()
  expect(addressOf('', 'hn')).toBeUndefined()
})

test('a message says whom it means, whom it answers and what it replaces', () => {
  const members = [person('@juzgado.gt:gt', 'Juzgado'), person('@registro.gt:gt', 'Registro')]
  expect(messageContent('@Juzgado ya salió', members)).toEqual({
    msgtype: 'm.text',
    body: '@Juzgado ya salió',
    'm.mentions': { user_ids: ['@juzgado.gt:gt'] },
  })
  expect(
    messageContent('Gracias', members, { kind: 'reply', eventId: '$1', sender: '@registro.gt:gt' }),
  ).toMatchObject({
    'm.mentions': { user_ids: ['@registro.gt:gt'] },
    'm.relates_to': { 'm.in_reply_to': { event_id: '$1' } },
  })
  expect(
    messageContent('Corregido', members, { kind: 'edit', eventId: '$1', sender: '@yo:hn' }),
  ).toMatchObject({
    'm.new_content': { body: 'Corregido' },
    'm.relates_to': { rel_type: 'm.replace', event_id: '$1' },
  })
})

test('what is written is never sent as HTML', () => {
  expect(messageContent('<b>x</b>', [])).not.toHaveProperty('formatted_body')
})
