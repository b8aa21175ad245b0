import { expect, test, vi } from 'vitest'
import type { Hold } from '../../lib/hold.ts'
import { createStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import { watchHold } from './hold-watch.ts'

test('hostile: what changes while it is being looked at is not overlooked (8.3)', async () => {
  let truth: Hold | undefined
  let seen: Hold | undefined
  let release = () => {}
  let slow: Promise<void> | undefined = new Promise((resolve) => {
    release = resolve
  })
  const version = createStore(0)
  const check = vi.fn(async () => {
    const now = truth
    await slow
    seen = now
    return now
  })
  const session = {
    trust: { version, check, holdOf: () => seen },
    connection: createStore('online'),
    people: { version: createStore(0) },
  } as unknown as Session
  const watch = watchHold(session, '!canal:hn')
  expect(check).toHaveBeenCalledTimes(1)
  // The first look has asked already and waits for its answer.
  truth = { kind: 'unvouched', members: [{ userId: '@intrusa:gt' }] }
  version.set(1)
  // Long enough for what gathers changes to look, while the first look is still under way.
  await new Promise((resolve) => setTimeout(resolve, 400))
  slow = undefined
  release()
  await vi.waitFor(() => expect(watch.hold.get()).toEqual(truth))
  expect(check).toHaveBeenCalledTimes(2)
  watch.close()
})
