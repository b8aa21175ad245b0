/** People of a test node, and what they ask of it. */
import type { StreamEntry } from '../stream/entries.ts'
import type { Answer, TestNode } from './node.ts'

export type User = Awaited<ReturnType<TestNode['register']>>

export interface People {
  /** A new account; its name goes on with a number. */
  newUser(name?: string): Promise<User>
  ask(user: User, method: string, path: string, body?: Record<string, unknown>): Promise<Answer>
  /** A public room of that person. @returns its id */
  newRoom(user: User): Promise<string>
  /** Entries of the log of one kind after a position. */
  entriesOf(kind: StreamEntry['kind'], from: number): StreamEntry[]
}

/** @param node is asked for when it is needed: a test file starts its node later than it makes its people */
export function peopleOf(node: () => TestNode): People {
  let count = 0
  const ask: People['ask'] = (user, method, path, body) =>
    node().call(method, path, { token: user.token, ...(body ? { body } : {}) })
  return {
    ask,
    newUser: (name = 'persona') => node().register(`${name}${++count}`),
    newRoom: async (user) =>
      (await ask(user, 'POST', '/createRoom', { preset: 'public_chat' })).body['room_id'] as string,
    entriesOf: (kind, from) =>
      (node().ctx.stream.recentSince(from) ?? []).filter((entry) => entry.kind === kind),
  }
}
