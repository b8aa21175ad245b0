import { expect, test } from 'vitest'
import { messageContent, uploadsIn } from './composer.ts'

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
