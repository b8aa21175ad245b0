import { expect, test } from 'vitest'
import type { Person } from '../../model/channels/types.ts'
import { addressOf, groupMembers } from './members.ts'

const person = (userId: string, name: string, institutionName?: string, country?: string): Person => ({
  userId,
  name,
  title: name,
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
  expect(addressOf('Maria Lopez', 'hn')).toBeUndefined()
  // As at the sign-in: a phone writes the first letter large, a page of another program puts signs around.
  for (const typed of [
    '@Albergue.gt:GT:8210',
    '\u200e@albergue.gt:gt:8210\u00a0',
    'https://matrix.to/#/@albergue.gt:gt:8210',
    'albergue.gt@gt:8210',
    '＠albergue．gt：gt:8210',
  ])
    expect(addressOf(typed, 'hn')).toBe('@albergue.gt:gt:8210')
  expect(addressOf('https://matrix.to/#/#canal:gt', 'hn')).toBeUndefined()
  expect(addressOf('', 'hn')).toBeUndefined()
})
