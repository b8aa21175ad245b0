import { expect, test } from 'vitest'
import { allowedByAcl } from './server-acl.ts'

test.each([
  ['gt.example', { allow: ['*'] }, true],
  ['gt.example', {}, false],
  ['gt.example', { allow: ['*'], deny: ['gt.example'] }, false],
  ['gt.example:8448', { allow: ['*'], deny: ['gt.example'] }, false],
  ['GT.example', { allow: ['*'], deny: ['gt.EXAMPLE'] }, false],
  ['a.gt.example', { allow: ['*.example'], deny: ['*.gt.example'] }, false],
  ['gt.example', { allow: ['?t.example'] }, true],
  ['agt.example', { allow: ['?t.example'] }, false],
  ['127.0.0.1:1', { allow: ['*'], allow_ip_literals: false }, false],
  ['[::1]:1', { allow: ['*'], allow_ip_literals: false }, false],
  ['127.0.0.1', { allow: ['*'] }, true],
  ['gt.example', { allow: ['*'], deny: [7, null, {}] }, true],
  ['gt.example', { allow: 'everyone' }, false],
])('%s under %o: %s', (server, content, allowed) => {
  expect(allowedByAcl(content, server)).toBe(allowed)
})

test('without a list everybody may', () => expect(allowedByAcl(undefined, 'gt.example')).toBe(true))

test('a pattern made to be slow is not', () => {
  expect(allowedByAcl({ allow: [`${'*a'.repeat(120)}b`] }, 'a'.repeat(200))).toBe(false)
})
