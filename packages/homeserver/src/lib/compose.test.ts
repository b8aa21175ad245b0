import { expect, test } from 'vitest'
import { compose, type Parts, shared } from './compose.ts'

type House = {
  ground: { level: number; close(): void }
  walls: { on: number; close(): Promise<void> }
  roof: { over: () => number }
}

function plan(closed: string[]): Parts<House> {
  return {
    ground: () => ({ level: 7, close: () => void closed.push('ground') }),
    walls: async (house) => ({
      on: house.ground.level,
      close: async () => {
        closed.push('walls')
      },
    }),
    roof: (house) => ({ over: () => house.walls.on }),
  }
}

test('parts open in order, each sees those before it, and close in reverse', async () => {
  const closed: string[] = []
  const { whole, close } = await compose(plan(closed))
  expect(whole.roof.over()).toBe(7)
  await close()
  expect(closed).toEqual(['walls', 'ground'])
  await close()
  expect(closed).toHaveLength(2)
})

test('a part asked for before it is open says so, instead of being undefined', async () => {
  const closed: string[] = []
  await expect(compose<House>({ ...plan(closed), walls: (house) => house.roof as never })).rejects.toThrow(
    /"roof" was asked for before/,
  )
  expect(closed).toEqual(['ground'])
})

test('what is named is opened otherwise, and may wrap the usual part', async () => {
  const { whole } = await compose(plan([]), {
    ground: () => ({ level: 1, close: () => {} }),
    roof: async (house, standard) => {
      const usual = await standard()
      return { over: () => usual.over() + house.ground.level }
    },
  })
  expect(whole.roof.over()).toBe(2)
})

test('a part cannot be replaced once it is open', async () => {
  const { whole } = await compose(plan([]))
  expect(() => {
    whole.roof = { over: () => 0 }
  }).toThrow(TypeError)
})

test('a failing part ends the whole: what was open is closed, the cause is told', async () => {
  const closed: string[] = []
  const failing: Parts<House> = {
    ...plan(closed),
    roof: () => {
      throw new Error('no beams')
    },
  }
  await expect(compose(failing)).rejects.toThrow('no beams')
  expect(closed).toEqual(['walls', 'ground'])
})

test('a part can be opened again, what happens meanwhile finds it closed, and the others go on', async () => {
  const closed: string[] = []
  const { whole, reopen, close } = await compose(plan(closed))
  const before = whole.walls
  await reopen('walls', async () => expect(closed).toEqual(['walls']) as unknown as undefined)
  expect(whole.walls).not.toBe(before)
  expect(whole.roof.over()).toBe(7)
  await close()
  expect(closed).toEqual(['walls', 'walls', 'ground'])
})

test('what parts share is opened once', () => {
  let opened = 0
  const models = shared((name: string) => `${name}${++opened}`)
  expect([models('a'), models('b')]).toEqual(['a1', 'a1'])
})
