import { expect, test } from 'vitest'
import { createRecent } from './recent.ts'

const MB = 1024 * 1024

test('what is kept stays below both limits, whatever is looked at and however large it is', () => {
  const alive = new Set<number>()
  const recent = createRecent<number>({ count: 60, bytes: 48 * MB }, (n) => alive.delete(n))
  const sizes = new Map<number, number>()
  let most = 0
  for (let n = 0; n < 10_000; n++) {
    const size = n % 97 === 0 ? 40 * MB : (n % 7) * 100 * 1024
    alive.add(n)
    sizes.set(n, size)
    // As a picture comes: first that it is on its way, then how large it is.
    recent.put(`${n}`, n, 0)
    recent.put(`${n}`, n, size)
    const held = [...alive].reduce((sum, one) => sum + sizes.get(one)!, 0)
    most = Math.max(most, held)
    expect(alive.size).toBeLessThanOrEqual(60)
    expect(alive.has(n)).toBe(true)
  }
  expect(most).toBeLessThanOrEqual(48 * MB)
  recent.clear()
  expect(alive.size).toBe(0)
})

test('what was used is let go of last; one larger than all room is there alone', () => {
  const gone: string[] = []
  const recent = createRecent<string>({ count: 2, bytes: 10 }, (value) => void gone.push(value))
  recent.put('a', 'A', 1)
  recent.put('b', 'B', 1)
  expect(recent.get('a')).toBe('A')
  recent.put('c', 'C', 1)
  expect(gone).toEqual(['B'])
  recent.put('d', 'D', 99)
  expect([gone, recent.get('d')]).toEqual([['B', 'A', 'C'], 'D'])
  recent.put('d', 'E', 1)
  recent.remove('d', 'D')
  expect([gone.at(-1), recent.get('d')]).toEqual(['D', 'E'])
  recent.remove('d', 'E')
  expect([gone.at(-1), recent.get('d')]).toEqual(['E', undefined])
})
