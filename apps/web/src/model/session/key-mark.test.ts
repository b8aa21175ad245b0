import { expect, test } from 'vitest'
import { isKeyKept, markKey } from './key-mark.ts'

function storage(): Storage {
  const kept = new Map<string, string>()
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage
}

test('only what the account has said counts, and each person’s own', () => {
  const here = storage()
  expect(isKeyKept('@a:hn.example', here)).toBe(false)
  markKey('@a:hn.example', true, here)
  markKey('@a:hn.example', true, here)
  markKey('@b:hn.example', undefined, here)
  expect([isKeyKept('@a:hn.example', here), isKeyKept('@b:hn.example', here)]).toEqual([true, false])
  // Not known now is what was known before; not kept is said at once.
  markKey('@a:hn.example', undefined, here)
  expect(isKeyKept('@a:hn.example', here)).toBe(true)
  markKey('@a:hn.example', false, here)
  expect(isKeyKept('@a:hn.example', here)).toBe(false)
  // A full device is no reason to go on as if the key were kept, nor to break what goes on.
  markKey('@a:hn.example', true, here)
  const full = {
    ...here,
    setItem: () => {
      throw new DOMException('', 'QuotaExceededError')
    },
  }
  markKey('@b:hn.example', true, full)
  markKey('@a:hn.example', false, full)
  expect([isKeyKept('@a:hn.example', full), isKeyKept('@b:hn.example', full)]).toEqual([false, false])
  here.setItem('enlace.key-kept', '{"@a:hn.example":true}')
  expect(isKeyKept('@a:hn.example', here)).toBe(false)
})
