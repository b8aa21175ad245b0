/**
 * Redactions take effect when both the redaction and its target are known and the sender had the right (room version
 * specification, "Handling redactions"). The target is then redacted at rest: what it said is gone from the log.
 */
import { redactionRule } from '@enlace/coordination'
import {
  type Pdu,
  powerLevelsOf,
  type RoomVersion,
  redact,
  serverNameOf,
  userPower,
} from '@enlace/room-model'
import type { Context } from '../context.ts'
import { createOnce } from '../lib/once.ts'
import { carriesPolicy, lookupIn, preload } from './room.ts'
import type { Redactions, RoomModels, RoomStore, StoredEvent } from './types.ts'

/** Targets waited for; a partner that invents more has the surplus not applied. */
const MAX_AWAITED = 20_000

export async function createRedactions(
  ctx: Pick<Context, 'log'>,
  models: RoomModels,
  store: RoomStore,
): Promise<Redactions> {
  /** Redactions by the target that has not arrived. */
  const awaited = new Map<string, string[]>()
  // Served by {waits_for}: the range is what an index can answer.
  const waiting = await models.Event.find({ waits_for: { $exists: true, $gte: '' } }, { waits_for: 1 })
    .limit(MAX_AWAITED)
    .lean()
  for (const doc of waiting) note(doc.waits_for!, doc._id)

  function note(target: string, redaction: string): void {
    awaited.set(target, [...(awaited.get(target) ?? []), redaction])
  }

  async function apply(target: StoredEvent, redaction: StoredEvent): Promise<void> {
    const pdu = redact(target.pdu, target.version)
    await models.Event.updateOne(
      { _id: target.eventId },
      {
        $set: { json: JSON.stringify(pdu), redacted_by: redaction.eventId },
        $unset: { relates_to: 1, rel_type: 1 },
      },
    )
    store.events.put({ ...target, pdu, redactedBy: redaction.eventId })
  }

  /** The sender may redact what others wrote, or the event is of a user of the same server. */
  async function mayApply(target: StoredEvent, redaction: StoredEvent): Promise<boolean> {
    if (serverNameOf(redaction.pdu.sender) === serverNameOf(target.pdu.sender)) return true
    if (redaction.before === undefined) return false
    const state = await store.groups.get(redaction.before)
    await preload(state, store)
    const lookup = lookupIn(state, store)
    return (
      userPower(lookup, redaction.pdu.sender, redaction.version) >=
      powerLevelsOf(lookup, redaction.version).redact
    )
  }

  /** The room carried a policy where either of them stands. */
  async function inChannel(...events: StoredEvent[]): Promise<boolean> {
    for (const { before, after } of events)
      for (const group of [before, after])
        if (group !== undefined && carriesPolicy(await store.groups.get(group))) return true
    return false
  }

  /** Whoever needs the redaction to have taken effect joins the run of whoever stored it. */
  const settling = createOnce<string, void>()
  const settle = (redaction: StoredEvent) => settling.run(redaction.eventId, () => settleNow(redaction))

  async function settleNow(redaction: StoredEvent): Promise<void> {
    if (redaction.verdict !== 'accept') return
    const id = redactionTarget(redaction.pdu, redaction.version)
    const target = id === undefined ? undefined : await store.events.get(id)
    if (!target || target.roomId !== redaction.roomId || target.redactedBy) return
    if (redactionRule(target.pdu.type, await inChannel(target, redaction)) !== undefined) return
    if (await mayApply(target, redaction)) await apply(target, redaction)
  }

  return {
    settle,
    awaited: (id) => awaited.has(id),
    async waiting(pdu, version, verdict) {
      if (pdu.type !== 'm.room.redaction' || verdict !== 'accept') return {}
      const id = redactionTarget(pdu, version)
      if (id === undefined || awaited.size >= MAX_AWAITED || (await store.events.get(id))) return {}
      return { waits_for: id }
    },
    note,
    async arrived(id) {
      const redactions = awaited.get(id)
      if (!redactions) return
      for (const redaction of await store.events.getMany(redactions)) await settle(redaction)
      awaited.delete(id)
      await models.Event.updateMany({ _id: { $in: redactions } }, { $unset: { waits_for: 1 } })
      ctx.log.debug({ event: id }, 'event redacted on arrival')
    },
  }
}

/** Since room version 11 the target is named in the content. */
export function redactionTarget(
  pdu: Pick<Pdu, 'content' | 'redacts'>,
  version: RoomVersion,
): string | undefined {
  const id = version.updatedRedaction ? pdu.content['redacts'] : pdu.redacts
  return typeof id === 'string' && id.length <= 255 ? id : undefined
}
