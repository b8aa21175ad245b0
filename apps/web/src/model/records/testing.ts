/** A node for tests of what channels hold as envelopes and records. */
import type { TimelineEvent } from '@enlace/coordination'
import { createStore } from '../../lib/store.ts'
import type { Session } from '../session/types.ts'

export const ROOM = '!r:hn'
export const ME = '@yo:hn'
const institutions: Record<string, string> = { [ME]: 'hn-rnp', '@hn:hn': 'hn-sreci', '@gt:gt': 'gt-sbs' }
/** A node that keeps envelopes in order and answers `/messages` one by one; what is sent is written down. */
export function nodeOf(
  record: string,
  role: 'staff' | 'coordinator',
  failing: { record: boolean } = { record: false },
) {
  const log: TimelineEvent[] = []
  const sent: string[] = []
  const asked: string[] = []
  const byTxn = new Map<string, string>()
  const facts = new Map<string, unknown>()
  const put = (type: string, content: unknown, txn: string, sender = ME): string => {
    const known = byTxn.get(txn)
    if (known) return known
    const id = `$${log.length}`
    byTxn.set(txn, id)
    if (type !== record)
      log.push({
        event_id: id,
        room_id: ROOM,
        type,
        sender,
        origin_server_ts: Date.now() + log.length,
        content,
      })
    else
      log.push({ event_id: id, type: 'm.room.encrypted', sender, origin_server_ts: Date.now(), content: {} })
    sent.push(type)
    return id
  }
  const session = {
    userId: ME,
    client: {
      on() {},
      off() {},
      getEventMapper: () => () => ({ getType: () => '' }),
      decryptEventIfNeeded() {},
    },
    database: {
      get: async (_: string, key: string) => facts.get(key),
      put: async (_: string, key: string, value: unknown) => void facts.set(key, structuredClone(value)),
    },
    people: {
      version: createStore(0),
      need() {},
      person: (userId: string) => (institutions[userId] ? { institution: institutions[userId] } : {}),
    },
    cases: {
      institutions: createStore(
        new Map(
          Object.values(institutions).map((key) => [key, { key, country: key.slice(0, 2).toUpperCase() }]),
        ),
      ),
      actor: () => ({ institution: 'hn-rnp', role }),
      send: {
        envelope: async (_: string, type: string, content: unknown, txn: string) => put(type, content, txn),
      },
    },
    trust: {
      async send(_: string, type: string, content: object, txn: string) {
        if (failing.record) throw new Error('no network')
        return put(type, content, txn)
      },
    },
    async request(_: string, path: string) {
      asked.push(path)
      if (path.includes('/event/')) throw new Error('gone')
      const query = new URLSearchParams(path.split('?')[1])
      const from = query.get('from')
      const envelopes = (list: TimelineEvent[]) => list.filter((one) => one.type !== 'm.room.encrypted')
      if (query.get('dir') === 'b') {
        const at = from === null ? log.length : Number(from)
        return {
          start: String(at),
          ...(at > 2 ? { end: String(at - 2) } : {}),
          chunk: envelopes(log.slice(Math.max(0, at - 2), at)),
        }
      }
      const at = Number(from)
      const to = Math.min(at + 2, log.length)
      return {
        start: String(at),
        ...(to > at ? { end: String(to) } : {}),
        chunk: envelopes(log.slice(at, to)),
      }
    },
  } as unknown as Session
  return { session, log, sent, asked, put, failing }
}
