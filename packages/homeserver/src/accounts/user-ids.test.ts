import { expect, test } from 'vitest'
import { localUserFrom } from './user-ids.ts'

test('who signs in is understood, however the name was typed or pasted', () => {
  for (const typed of [
    'registro.hn',
    ' Registro.HN ',
    '@registro.hn:hn.localhost:8110',
    'registro.hn:HN.LOCALHOST:8110',
    '@re\u200bgistro.hn\u200e:hn.localhost:8110\u2069',
    '＠registro．hn：hn.localhost：8110',
    'registro。hn',
  ])
    expect([typed, localUserFrom(typed, 'hn.localhost:8110')]).toEqual([
      typed,
      '@registro.hn:hn.localhost:8110',
    ])
})

test('somebody of another server is nobody here', () => {
  for (const typed of ['@registro.hn:gt.localhost:8210', 'a:hn.localhost', '@a:xhn.localhost:8110'])
    expect(localUserFrom(typed, 'hn.localhost:8110')).toBeUndefined()
})
