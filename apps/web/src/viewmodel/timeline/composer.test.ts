import { expect, test } from 'vitest'
import { inThread, messageContent, uploadsIn } from './composer.ts'
import { mentionLabels } from './mentions.ts'

const person = (userId: string, name: string) => ({ userId, name })

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

test('deleting a message names the files it carried, of one’s own server only', () => {
  const uploads = (content: Record<string, unknown>) => uploadsIn(content, '@ana:hn.localhost:8110')
  expect(
    uploads({
      file: { url: 'mxc://hn.localhost:8110/a' },
      info: { thumbnail_file: { url: 'mxc://hn.localhost:8110/b' } },
    }),
  ).toEqual(['a', 'b'])
  expect(uploads({ url: 'mxc://hn.localhost:8110/c', info: { thumbnail_url: 'mxc://gt/d' } })).toEqual(['c'])
  expect(uploads({ url: 7, file: null, info: 'x' })).toEqual([])
})

test('what is written is never sent as HTML', () => {
  expect(messageContent('<b>x</b>', [])).not.toHaveProperty('formatted_body')
})

const meant = (text: string, members: Parameters<typeof messageContent>[1]) =>
  (messageContent(text, members)['m.mentions'] as { user_ids?: string[] }).user_ids ?? []

test('a mention means one person: not who is called like the beginning, and nobody inside an address', () => {
  const members = [
    person('@ana:hn', 'Ana'),
    person('@anamaria:hn', 'Ana María'),
    person('@of:gt', 'Oficina'),
    person('@ne:gt', 'ne'),
  ]
  expect(meant('@Ana María, ¿puede?', members)).toEqual(['@anamaria:hn'])
  expect(meant('@Ana y @Ana María', members)).toEqual(['@ana:hn', '@anamaria:hn'])
  expect(meant('@Anabel no está', members)).toEqual([])
  expect(meant('escriba a rnp@Oficina o a juan.perez@ne.example', members)).toEqual([])
  expect(meant('(@Oficina)', members)).toEqual(['@of:gt'])
})

test('of two people of one name, only the one that was chosen is meant', () => {
  const members = [
    { ...person('@ana:hn', 'Ana López'), institutionName: 'RNP' },
    { ...person('@ana:gt', 'Ana López'), institutionName: 'RENAP' },
    { ...person('@ana2:gt', 'Ana López'), institutionName: 'RENAP' },
  ]
  const labels = mentionLabels(members)
  expect([...labels.values()]).toEqual(['Ana López (RNP)', 'ana:gt', 'ana2:gt'])
  expect(meant('@Ana López, venga', members)).toEqual([])
  for (const [userId, label] of labels) expect(meant(`@${label}, venga`, members)).toEqual([userId])
})

test('an institution and who is on duty are called by one word, which says whom it meant', () => {
  const members = [person('@ana:hn', 'Ana'), person('@leo:gt', 'Leo'), person('@reg:gt', 'RENAP')]
  const groups = new Map([
    ['Registro civil', ['@ana:hn', '@leo:gt']],
    ['guardia', ['@leo:gt']],
    ['RENAP', ['@ana:hn']],
  ])
  const content = messageContent('*@Registro civil* y @guardia: urge', members, undefined, groups)
  expect(content['m.mentions']).toEqual({ user_ids: ['@ana:hn', '@leo:gt'] })
  expect(content['org.enlace.mentioned']).toEqual([
    { text: '@Registro civil', user_ids: ['@ana:hn', '@leo:gt'] },
    { text: '@guardia', user_ids: ['@leo:gt'] },
  ])
  // Where somebody is called like an institution, that person is meant; nobody inside a word or an address.
  expect(messageContent('@RENAP', members, undefined, groups)['m.mentions']).toEqual({
    user_ids: ['@reg:gt'],
  })
  for (const text of ['@guardianes', 'a@guardia.example', 'guardia'])
    expect(messageContent(text, members, undefined, groups)).not.toHaveProperty('org.enlace.mentioned')
})

test('in a thread it follows the newest, or answers one of it; what replaces stays where that is', () => {
  const members = [person('@ana:hn', 'Ana')]
  const said = messageContent('Sí', members)
  expect(inThread(said, '$root', '$9')['m.relates_to']).toEqual({
    rel_type: 'm.thread',
    event_id: '$root',
    is_falling_back: true,
    'm.in_reply_to': { event_id: '$9' },
  })
  const answer = messageContent('Sí', members, { kind: 'reply', eventId: '$3', sender: '@ana:hn' })
  expect(inThread(answer, '$root', '$9')['m.relates_to']).toMatchObject({
    is_falling_back: false,
    'm.in_reply_to': { event_id: '$3' },
  })
  const edit = messageContent('Sí', members, { kind: 'edit', eventId: '$3', sender: '@ana:hn' })
  expect(inThread(edit, '$root', '$9')).toBe(edit)
})
