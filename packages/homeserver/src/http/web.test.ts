import { describe, expect, test } from 'vitest'
import { contentSecurityPolicy } from './web.ts'

const connect = (host: string | undefined, secure: boolean) =>
  /connect-src ([^;]*)/.exec(contentSecurityPolicy(host, secure))?.[1]?.split(' ')

describe('the policy of the page', () => {
  test('lets it speak with the host it came from, and with no other', () => {
    expect(connect('enlace.example.org', true)).toEqual(["'self'", 'blob:', 'wss://enlace.example.org'])
    expect(connect('hn.localhost:8100', false)).toEqual([
      "'self'",
      'blob:',
      'ws://hn.localhost:8100',
      'wss://hn.localhost:8100',
    ])
    expect(connect('[::1]:8100', false)).toContain('ws://[::1]:8100')
  })

  test('takes nothing else for a host', () => {
    for (const host of [
      undefined,
      '',
      '*',
      '*.example.org',
      'a.example; script-src *',
      'a.example b.example',
      'a.example/x',
      'ws:',
      'usuario@a.example',
    ])
      expect(connect(host, false)).toEqual(["'self'", 'blob:'])
  })

  test('names no scheme without a host', () => {
    for (const secure of [true, false])
      expect(contentSecurityPolicy('a.example', secure)).not.toMatch(/\b(?:wss?|https?):(?!\/\/a\.example)/)
  })
})
