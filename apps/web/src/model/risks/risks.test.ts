import type { TimelineEvent } from '@enlace/coordination'
import {
  publicationOf,
  type RiskRecord,
  riskEventType,
  riskRecordEventType,
  riskUpdateEventType,
} from '@enlace/coordination/risks'
import { expect, test } from 'vitest'
import { createStore } from '../../lib/store.ts'
import type { Session } from '../session/types.ts'
import { holdRisks } from './risks.ts'

const ROOM = '!r:hn'
const ME = '@yo:hn'
const record: RiskRecord = {
  kind: 'extortion',
  place: { coarse: 'cell_10', row: 30, column: 46 },
  day: '2026-03-09',
  until: '2026-05-01',
  source: 'migrant',
  reliability: 'probable',
}
const institutions: Record<string, string> = { [ME]: 'hn-rnp', '@hn:hn': 'hn-sreci', '@gt:gt': 'gt-sbs' }
const countryOf = (key: string) => key.slice(0, 2)

/** A node that keeps envelopes in order and answers `/messages` one by one; what is sent is written down. */
function node(failing: { record: boolean } = { record: false }) {
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
    if (type !== riskRecordEventType)
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
      actor: () => ({ institution: 'hn-rnp', role: 'staff' }),
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

test('a report is three events, what it says the encrypted one; cut off, it goes on and is not made twice', async () => {
  const { session, sent, failing, log } = node({ record: true })
  const { value: risks, release } = holdRisks(session)
  await expect(risks.report(ROOM, record, 'a')).rejects.toThrow('no network')
  failing.record = false
  await risks.report(ROOM, record, 'a')
  expect(sent).toEqual([riskEventType, riskRecordEventType, riskUpdateEventType])
  expect(JSON.stringify(log.filter((one) => one.type !== 'm.room.encrypted'))).not.toContain('extortion')
  expect(risks.all.get()).toMatchObject([{ versions: [{ details: { kind: 'extortion' } }] }])
  release()
})

test('approvals count of people whom the node knows as of that institution, and of nobody else', async () => {
  const { session, put } = node()
  const { value: risks, release } = holdRisks(session)
  await risks.report(ROOM, record, 'a')
  const [report] = risks.all.get()
  const approve = (sender: string, institution: string, txn: string) =>
    put(
      riskUpdateEventType,
      {
        'm.relates_to': { rel_type: 'm.reference', event_id: report!.id },
        after: report!.heads,
        step: 'approve',
        version: report!.versions[0]!.eventId,
        by: { institution, role: 'coordinator' },
      },
      txn,
      sender,
    )
  const said = async () => {
    await risks.refresh([ROOM])
    return publicationOf(risks.all.get()[0]!, countryOf)
  }
  approve('@hn:hn', 'hn-sreci', '1')
  expect(await said()).toBe('half')
  approve('@hn:hn', 'gt-sbs', '2')
  approve('@nadie:gt', 'gt-sbs', '3')
  expect(await said()).toBe('half')
  approve('@gt:gt', 'gt-sbs', '4')
  expect(await said()).toBe('public')
  release()
})

test('a channel is read back once, then from where it was read to; what was kept is there without a network', async () => {
  const kit = node()
  const first = holdRisks(kit.session)
  for (const attempt of ['a', 'b', 'c']) await first.value.report(ROOM, record, attempt)
  await first.value.refresh([ROOM])
  first.release()
  kit.asked.length = 0
  const again = holdRisks(kit.session)
  await again.value.refresh([ROOM])
  const pages = kit.asked.filter((path) => path.includes('/messages'))
  expect(pages).toHaveLength(1)
  expect(pages[0]).toContain('dir=f')
  expect(again.value.all.get()).toHaveLength(3)
  expect(again.value.all.get().every((one) => one.versions[0]?.details)).toBe(true)
  again.release()
})
