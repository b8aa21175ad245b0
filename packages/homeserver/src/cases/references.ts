/**
 * References of cases: prefix, year, this node's two digits, and a counter. The counter is on disk before a number is
 * given out; a number that is not used is not given out again.
 */
import { createHash } from 'node:crypto'
import { type CaseKind, localYear, prefixOf } from '@enlace/coordination'
import type { Context } from '../context.ts'
import type { CaseModels, References } from './types.ts'

const KEPT_MS = 30 * 86_400_000

export function createReferences(ctx: Context, models: CaseModels): References {
  return {
    async reserve(kind: CaseKind, institution: string, roomId: string): Promise<string> {
      const now = Date.now()
      const slot = ctx.federation.caseSlot() ?? slotByName(ctx.serverName)
      const year = localYear(now)
      const series = `${prefixOf(kind)}-${year}-${String(slot).padStart(2, '0')}`
      const lost = ctx.restored.referencesLost(year)
      if (lost > 0)
        await models.Counter.updateOne({ _id: series }, { $setOnInsert: { given: lost } }, { upsert: true })
      const counter = await models.Counter.findOneAndUpdate(
        { _id: series },
        { $inc: { given: 1 } },
        { upsert: true, returnDocument: 'after' },
      ).lean()
      const reference = `${series}${String(counter!.given).padStart(4, '0')}`
      await models.Reference.create({
        _id: reference,
        institution,
        room_id: roomId,
        expires: new Date(now + KEPT_MS),
      })
      return reference
    },

    /** Whether this node gave the reference to the institution for this room, and no case has it yet. */
    async isReserved(reference: string, institution: string, roomId: string): Promise<boolean> {
      const doc = await models.Reference.findById(reference).lean()
      return doc?.institution === institution && doc.room_id === roomId
    },

    /** The case is in the log: the reference is nobody else's. */
    async used(reference: string): Promise<void> {
      await models.Reference.deleteOne({ _id: reference })
    },
  }
}

/** Where no list says it: two of some dozens of servers may meet, which boards then show. */
function slotByName(serverName: string): number {
  return (createHash('sha256').update(serverName).digest().readUInt16BE(0) % 99) + 1
}
