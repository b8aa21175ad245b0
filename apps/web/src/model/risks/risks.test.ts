import {
  publicationOf,
  type RiskRecord,
  riskEventType,
  riskRecordEventType,
  riskUpdateEventType,
} from '@enlace/coordination/risks'
import { expect, test } from 'vitest'
import { nodeOf, ROOM } from '../records/testing.ts'
import { holdRisks } from './risks.ts'

const record: RiskRecord = {
  kind: 'extortion',
  place: { coarse: 'cell_10', row: 30, column: 46 },
  day: '2026-03-09',
  until: '2026-05-01',
  source: 'migrant',
  reliability: 'probable',
}
const countryOf = (key: string) => key.slice(0, 2)

const node = (failing?: { record: boolean }) => nodeOf(riskRecordEventType, 'staff', failing)

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
