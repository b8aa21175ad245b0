import { expect, test } from 'vitest'
import { pack, unpack } from './packing.ts'

test('values come back as they were, with the files in them', async () => {
  const value = {
    name: 'Acta de ñiña',
    none: null,
    list: [1, 'dos', { three: 3 }],
    attachment: { blob: new Blob(['foto'], { type: 'image/png' }), name: 'a.png' },
    more: [new File(['texto'], 'b.txt', { type: 'text/plain', lastModified: 7 })],
  }
  const back = unpack(await pack(value)) as typeof value
  expect(back).toMatchObject({ name: value.name, none: null, list: value.list })
  expect(await back.attachment.blob.text()).toBe('foto')
  expect(back.attachment.blob.type).toBe('image/png')
  expect(back.more[0]).toMatchObject({ name: 'b.txt', lastModified: 7 })
  expect(await back.more[0]!.text()).toBe('texto')
})

test('what partners write never looks like the place of a file', async () => {
  const value = { $file: 0, content: { '00000000-0000-0000-0000-000000000000': { index: 1, type: 'x' } } }
  expect(unpack(await pack(value))).toEqual(value)
  expect(unpack(await pack({ ...value, blob: new Blob(['x']) }))).toMatchObject(value)
})

test('numbers, words and nothing', async () => {
  for (const value of [0, 'x', null, [], {}, true]) expect(unpack(await pack(value))).toEqual(value)
})
