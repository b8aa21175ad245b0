import { expect, test } from 'vitest'
import type { Person } from '../../model/channels/types.ts'
import { createDutyMention, institutionGroups } from './group-mentions.ts'

const person = (userId: string, name: string, institution?: string, membership = 'join'): Person => ({
  userId,
  name,
  title: name,
  membership,
  ...(institution ? { institution, institutionName: institution.toUpperCase() } : {}),
})
const MEMBERS = [
  person('@ana:hn', 'Ana', 'rnp'),
  person('@eva:hn', 'Eva', 'rnp'),
  person('@leo:gt', 'Leo', 'renap'),
  person('@raro:gt', 'SBS', 'sbs'),
  person('@sola:gt', 'Sola'),
]

test('an institution is its people of the channel; not where a person is called the same', () => {
  expect([...institutionGroups(MEMBERS)]).toEqual([
    ['RENAP', ['@leo:gt']],
    ['RNP', ['@ana:hn', '@eva:hn']],
  ])
})

function duty(answer: (institution: string) => unknown) {
  const asked: string[] = []
  const mention = createDutyMention(
    {
      userId: '@yo:hn',
      people: { members: () => [...MEMBERS, person('@yo:hn', 'Yo', 'rnp')] },
      request: async (_method: string, path: string) => {
        asked.push(path)
        return answer(new URLSearchParams(path.split('?')[1]).get('institution')!)
      },
    } as never,
    { roomId: '!r:hn' } as never,
    () => 'minors',
  )
  return { mention, asked }
}
const now = (institution: string, ids: string[]) => ({
  institution,
  name: institution,
  now_ts: 1,
  source: 'own',
  away: false,
  positions: [
    {
      key: 'guardia',
      name: { es: 'Guardia', en: 'Duty' },
      on_duty: ids.map((user_id) => ({ user_id })),
      until_ts: 2,
    },
  ],
})

test('on duty are those of the channel who are, of all its institutions that answer', async () => {
  const { mention, asked } = duty((institution) => {
    if (institution === 'sbs') throw new TypeError('offline')
    return now(institution, institution === 'rnp' ? ['@eva:hn', '@fuera:hn', '@yo:hn'] : ['@leo:gt'])
  })
  expect(mention.known()).toBeUndefined()
  expect(await mention.ask()).toEqual(['@eva:hn', '@leo:gt'])
  await mention.ask()
  expect(asked).toHaveLength(3)
  expect(asked[0]).toContain('topic=minors')
})

test('where nobody answers, nobody is said to be on duty', async () => {
  const { mention } = duty(() => {
    throw new TypeError('offline')
  })
  expect(await mention.ask()).toBeUndefined()
})
