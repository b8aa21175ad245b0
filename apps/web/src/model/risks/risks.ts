/** Reports of risks as this device knows them, reduced as every other device does. */
import {
  type ReadRiskRecord,
  type RiskReport,
  reduceRisk,
  riskEventType,
  riskRecordEventType,
  riskUpdateContent,
  riskUpdateEventType,
} from '@enlace/coordination/risks'
import { createShared } from '../../lib/shared.ts'
import { createStore } from '../../lib/store.ts'
import { createRecordLog } from '../records/record-log.ts'
import type { Session } from '../session/types.ts'
import type { Risks } from './types.ts'

/** Newest first; older ones have faded. */
const MAX_REPORTS = 500

export const holdRisks = createShared(createRisks)

function createRisks(session: Session): Risks {
  const all = createStore<readonly RiskReport[]>([])
  const kind = {
    root: riskEventType,
    update: riskUpdateEventType,
    record: riskRecordEventType,
    kept: 'risks',
    // Longer than the longest a report is valid for and fades.
    keptMs: 400 * 86_400_000,
    proven: ['approve', 'sign', 'publish', 'retract'],
  }
  const log = createRecordLog(session, kind, reduce)

  function reduce(): void {
    const records = new Map<string, ReadRiskRecord>()
    for (const [id, { of, ...record }] of log.records) records.set(id, { ...record, report: of })
    const next = log.things().flatMap(({ root, steps }) => {
      const state = reduceRisk(root, steps, records, log.believe)
      return typeof state === 'string' ? [] : [state]
    })
    all.set(next.sort((a, b) => b.opened.at - a.opened.at).slice(0, MAX_REPORTS))
  }

  function actor() {
    const by = session.cases.actor()
    if (!by) throw new Error('The account has no institution.')
    return by
  }

  return {
    all,
    asked: log.asked,
    failure: log.failure,
    refresh: log.refresh,
    async report(roomId, record, attempt) {
      const by = actor()
      const id = await log.envelope(roomId, riskEventType, { by }, attempt)
      // What is written may have been changed since an attempt that was cut off.
      const txn = crypto.randomUUID()
      const named = await log.record(roomId, id, record, `${txn}r`)
      const state = all.get().find((one) => one.id === id) ?? { id, heads: [] }
      const step = riskUpdateContent(state, by, { step: 'report', record: named })
      await log.envelope(roomId, riskUpdateEventType, step, txn)
      await log.keep()
    },
    async step(report, draft) {
      const content = riskUpdateContent(report, actor(), draft)
      await log.envelope(report.roomId, riskUpdateEventType, content, crypto.randomUUID())
      await log.keep()
    },
    async sign(report, signature) {
      const txn = crypto.randomUUID()
      const record = await log.record(report.roomId, report.id, signature, `${txn}r`)
      const content = riskUpdateContent(report, actor(), { step: 'sign', record })
      await log.envelope(report.roomId, riskUpdateEventType, content, txn)
      await log.keep()
    },
    close: log.close,
  }
}
