import { expect, test } from 'vitest'
import { createStore } from '../../lib/store.ts'
import type { RosterPlace } from '../../model/envelope/types.ts'
import type { NetworkState } from '../../model/institution/types.ts'
import { listedOf } from './listed.ts'

const KEY = 'hn-dinaf'
const desk = (coordinators: string[], institution: string | undefined = KEY) => ({
  server: 'hn',
  coordinators,
  ...(institution === undefined ? {} : { institution }),
})
const network = (after: 'absent' | 'fault', roster: Record<string, RosterPlace>) => {
  const state = createStore<NetworkState>({ kind: 'looking' })
  return {
    network: state,
    async check() {
      state.set(
        after === 'absent'
          ? { kind: 'absent' }
          : { kind: 'fault', fault: { fault: 'missing', file: 'x', detail: '', since: 0 } },
      )
    },
    rosterRole: async (userId: string, institution: string): Promise<RosterPlace> =>
      institution === KEY ? (roster[userId] ?? 'not_member') : 'unknown',
  }
}

test('a server names others than the signed roster does: nothing is sealed for them', async () => {
  const signed = network('fault', { '@jefa:hn': 'coordinator', '@ana:hn': 'staff' })
  expect(await listedOf(desk(['@jefa:hn', '@ana:hn', '@mala:hn']), signed)).toEqual(['@jefa:hn'])
  // Nor under the name of an institution that signs nothing, or of none.
  expect(await listedOf(desk(['@mala:hn'], 'hn-otra'), signed)).toEqual([])
  expect(await listedOf({ server: 'hn', coordinators: ['@mala:hn'] }, signed)).toEqual([])
})

test('where no network signs rosters, servers are believed', async () => {
  const none = network('absent', {})
  expect(await listedOf({ server: 'hn', coordinators: ['@jefa:hn'] }, none)).toEqual(['@jefa:hn'])
  expect(await listedOf(desk(['@jefa:hn'], 'hn-otra'), none)).toEqual(['@jefa:hn'])
})
