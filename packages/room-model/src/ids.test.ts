import { describe, expect, test } from 'vitest'
import {
  isHashRoomId,
  isServerScopedRoomId,
  isValidRoomId,
  isValidUserId,
  parseEventId,
  parseRoomAlias,
  parseUserId,
} from './ids.ts'
import { parseServerName, serverNameOf } from './server-name.ts'

const HASH = 'Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg'

describe('server names', () => {
  test.each([
    'matrix.org',
    'matrix.org:8888',
    '1.2.3.4',
    '1.2.3.4:1234',
    '[1234:5678::abcd]',
    '[1234:5678::abcd]:5678',
    'hn.localhost:8110',
  ])('%s', (name) => expect(parseServerName(name)).toBe(name))
  test.each<unknown>([
    '',
    'a b',
    'a:',
    'a:123456',
    'a:1:2',
    'a/b',
    'a_b',
    '[]',
    '[::1',
    'ñ.example',
    'a\n',
    'a'.repeat(256),
    7,
    null,
    ['a'],
  ])('not %j', (name) => expect(parseServerName(name)).toBeUndefined())
})

test('user IDs, historical ones too', () => {
  expect(parseUserId('@registro.hn:hn.localhost:8110')).toEqual({
    localpart: 'registro.hn',
    serverName: 'hn.localhost:8110',
  })
  for (const id of ['@:a', '@UPPER:a', '@ñ😀:a', '@a b:a', '@\u0001:a']) expect(isValidUserId(id)).toBe(true)
  const longest = `@${'a'.repeat(252)}:b`
  expect(isValidUserId(longest)).toBe(true)
  for (const id of [
    'a:b',
    '@a',
    '@a:',
    '@\u0000:a',
    '@\ud800:a',
    `${longest}b`,
    `@${'ñ'.repeat(127)}:b`,
    7,
    {},
  ])
    expect(isValidUserId(id)).toBe(false)
})

test('aliases and the server of an ID', () => {
  expect(parseRoomAlias('#minors:hn.localhost:8110')?.localpart).toBe('minors')
  expect(parseRoomAlias('@minors:a')).toBeUndefined()
  expect(serverNameOf('@a:b.example:8448')).toBe('b.example:8448')
  expect(serverNameOf(`!${HASH}`)).toBeUndefined()
})

test('event IDs and room IDs', () => {
  expect(parseEventId(`$${HASH}`)).toBe(`$${HASH}`)
  for (const id of [`$${HASH}a`, HASH, `$${HASH.slice(1)}`, `$${HASH.slice(1)}/`, '$0:domain', 7])
    expect(parseEventId(id)).toBeUndefined()
  expect(isHashRoomId(`!${HASH}`)).toBe(true)
  expect(isServerScopedRoomId(`!${HASH}`)).toBe(false)
  expect(isServerScopedRoomId('!a:b')).toBe(true)
  expect(isHashRoomId('!a:b')).toBe(false)
  expect([`!${HASH}`, '!a:b', '!a', '#a:b', 7].map(isValidRoomId)).toEqual([true, true, false, false, false])
})
