import { caseRow, reduceCase, type TimelineEvent } from '@enlace/coordination'
import { expect, test, vi } from 'vitest'
import { createStore } from '../../lib/store.ts'
import type { DeletedCase } from '../../model/cases/records.ts'
import type { Session } from '../../model/session/types.ts'
import { createBoard } from './board.ts'

const by = { institution: 'gt-casa', role: 'staff' } as const
function rowOf(id: string) {
  const event: TimelineEvent = {
    event_id: id,
    room_id: '!r',
    type: 'org.enlace.case',
    sender: '@albergue:gt',
    origin_server_ts: 1,
    content: {
      reference: `DOC-2026-0100${id.length}${id.length}`,
      kind: 'birth_certificate',
      priority: 'high',
      requesting: 'gt-casa',
      responsible: 'hn-rnp-sps',
      acknowledge_by: 2,
      deadline: 3,
      by,
    },
  }
  const state = reduceCase(event, [])
  if (typeof state === 'string') throw new Error(state)
  return { ...caseRow(state), flags: [] }
}
const deletion: DeletedCase = {
  id: '$gone',
  room_id: '!r',
  opened_by: '@albergue:gt',
  opened_ts: 1,
  deleted_by: '@jefa:hn',
  deleted_ts: 2,
}

test('a deleted case is named beside the board, and what this device kept of it is no row any more', async () => {
  const node = { rows: [rowOf('$gone'), rowOf('$stays')], deleted: [] as DeletedCase[], away: false }
  const counts = { by_status: {}, mine: 0, institution: 0, overdue: 0, almost_due: 0, escalated: 0 }
  const session = {
    userId: '@yo:hn',
    me: createStore(undefined),
    connection: createStore('online'),
    escalations: { all: createStore(new Map()) },
    database: { get: async () => undefined, put: async () => undefined },
    cases: {
      known: createStore(new Map()),
      arrivals: createStore(0),
      api: {
        async board() {
          if (node.away) throw new TypeError('fetch failed')
          const { rows, deleted } = node
          return { now: 5, total: rows.length, counts, rows, deleted }
        },
      },
    },
  } as unknown as Session
  const board = createBoard(session)
  const shown = () => board.state.get().rows.map(({ id }) => id)
  await vi.waitFor(() => expect(shown()).toEqual(['$gone', '$stays']))
  expect(board.state.get().deleted).toEqual([])
  node.rows = [rowOf('$stays')]
  node.deleted = [deletion]
  await board.refresh()
  expect([shown(), board.state.get().deleted]).toEqual([['$stays'], [deletion]])
  // Offline, with what the device has.
  node.away = true
  board.choose({ tab: 'room', room: '!r' })
  await vi.waitFor(() => expect(board.state.get().failure).toMatchObject({ kind: 'offline' }))
  expect([shown(), board.state.get().deleted]).toEqual([['$stays'], [deletion]])
  board.close()
})
