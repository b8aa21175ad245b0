/** Materials for migrants as this device knows them, reduced as every other device does. */
import {
  type MaterialState,
  type MaterialStepDraft,
  materialEventType,
  materialRecordEventType,
  materialUpdate,
  materialUpdateEventType,
  type ReadMaterialRecord,
  reduceMaterial,
} from '@enlace/coordination/materials'
import { createShared } from '../../lib/shared.ts'
import { createStore } from '../../lib/store.ts'
import { createRecordLog } from '../records/record-log.ts'
import type { Session } from '../session/types.ts'
import type { Materials } from './types.ts'

/** Newest first: more than a library of the corridor holds. */
const MAX_MATERIALS = 500

export const holdMaterials = createShared(createMaterials)

function createMaterials(session: Session): Materials {
  const all = createStore<readonly MaterialState[]>([])
  const kind = {
    root: materialEventType,
    update: materialUpdateEventType,
    record: materialRecordEventType,
    kept: 'materials',
    // A version holds two years, and another is written over it.
    keptMs: 6 * 365 * 86_400_000,
    proven: ['approve', 'publish', 'withdraw'],
  }
  const log = createRecordLog(session, kind, reduce)
  const countryOf = (key: string) => session.cases.institutions.get().get(key)?.country

  function reduce(): void {
    const records = new Map<string, ReadMaterialRecord>()
    for (const [id, { of, ...record }] of log.records) records.set(id, { ...record, material: of })
    const next = log.things().flatMap(({ root, steps }) => {
      const state = reduceMaterial(root, steps, { records, believe: log.believe, countryOf })
      return typeof state === 'string' ? [] : [state]
    })
    all.set(next.sort((a, b) => b.proposed.at - a.proposed.at).slice(0, MAX_MATERIALS))
  }
  // Which country an institution acts in decides whether what was approved counts.
  const stop = session.cases.institutions.subscribe(reduce)

  function actor() {
    const by = session.cases.actor()
    if (!by) throw new Error('The account has no institution.')
    return by
  }

  const step: Materials['step'] = async (material, draft, record) => {
    const by = actor()
    const txn = crypto.randomUUID()
    const named = record && (await log.record(material.roomId, material.id, record, `${txn}r`))
    const whole: MaterialStepDraft = { ...draft, ...(named === undefined ? {} : { record: named }) }
    await log.envelope(material.roomId, materialUpdateEventType, materialUpdate(material, by, whole), txn)
    await log.keep()
  }

  return {
    all,
    asked: log.asked,
    failure: log.failure,
    refresh: log.refresh,
    async propose(roomId, version, attempt) {
      const id = await log.envelope(roomId, materialEventType, { by: actor() }, attempt)
      const state = all.get().find((one) => one.id === id)
      // An attempt that was cut off behind its last event has its version already.
      if (state && state.versions.length > 0) return id
      if (!state) throw new Error('The material is not of its form.')
      await step(state, { step: 'version' }, version)
      return id
    },
    step,
    close() {
      stop()
      log.close()
    },
  }
}
