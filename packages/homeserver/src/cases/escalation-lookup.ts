/** Escalations about cases, for boards and measures: reduced per room when asked, kept until the room has a new one. */
import {
  type CaseRow,
  type Escalation,
  type EscalationTimes,
  escalationEventType,
  escalationEventTypes,
  nextStepAt,
  type Role,
  reduceEscalations,
} from '@enlace/coordination'
import type { Context } from '../context.ts'
import type { StoredEvent } from '../rooms/types.ts'
import { timelineEvent } from './cases.ts'

export type OpenEscalation = {
  id: string
  state: 'open' | 'acknowledged'
  step: number
  next_step_ts?: number
}

export interface EscalationLookup {
  /** Escalations not resolved, by the case or message they are about. */
  openAbout(): Promise<ReadonlyMap<string, OpenEscalation>>
  /** When escalations about these cases were raised and answered. */
  times(rows: readonly CaseRow[]): Promise<EscalationTimes[]>
  /** The events of escalations about an event. */
  eventsAbout(roomId: string, eventId: string): Promise<StoredEvent[]>
  close(): void
}

export function createEscalationLookup(ctx: Context): EscalationLookup {
  const rooms = new Map<string, Promise<Escalation[]>>()
  const close = ctx.stream.subscribe((entries) => {
    for (const entry of entries) {
      if (entry.kind !== 'event') continue
      const { type } = entry.event.pdu
      if (type === 'm.room.redaction' || (escalationEventTypes as readonly string[]).includes(type))
        rooms.delete(entry.roomId)
    }
  })

  async function reduceRoom(roomId: string): Promise<Escalation[]> {
    const events = await ctx.rooms.eventsOfTypes(roomId, escalationEventTypes)
    const senders = [...new Set(events.map((event) => event.pdu.sender))]
    const roles = new Map<string, Role | undefined>(
      await Promise.all(
        senders.map(async (sender) => [sender, (await ctx.policy.memberOf(sender)).role] as const),
      ),
    )
    const { escalations } = reduceEscalations(events.map(timelineEvent), (sender) => roles.get(sender))
    return [...escalations.values()]
  }

  function inRoom(roomId: string): Promise<Escalation[]> {
    const known = rooms.get(roomId)
    if (known) return known
    const reducing = reduceRoom(roomId)
    rooms.set(roomId, reducing)
    reducing.catch(() => rooms.delete(roomId))
    return reducing
  }

  async function ofCases(): Promise<Escalation[]> {
    const withCases = new Set<string>()
    for (const { row } of ctx.cases.entries()) withCases.add(row.room_id)
    return (await Promise.all([...withCases].map(inRoom))).flat()
  }

  return {
    async openAbout() {
      const out = new Map<string, OpenEscalation>()
      for (const one of await ofCases()) {
        if (one.state === 'resolved') continue
        const next = nextStepAt(one)
        out.set(one.aboutEventId, {
          id: one.id,
          state: one.state,
          step: one.step,
          ...(next === undefined ? {} : { next_step_ts: next }),
        })
      }
      return out
    },
    async times(rows) {
      const wanted = new Set(rows.map((row) => row.id))
      return (await ofCases())
        .filter((one) => wanted.has(one.aboutEventId))
        .map((one) => ({
          caseId: one.aboutEventId,
          raisedAt: one.raisedAt,
          ...(one.acknowledgedAt === undefined ? {} : { acknowledgedAt: one.acknowledgedAt }),
        }))
    },
    async eventsAbout(roomId, eventId) {
      const raised = (await ctx.rooms.envelopesAbout(roomId, eventId)).filter(
        (event) => event.pdu.type === escalationEventType,
      )
      const steps = await Promise.all(raised.map((event) => ctx.rooms.envelopesAbout(roomId, event.eventId)))
      return [...raised, ...steps.flat()]
    },
    close,
  }
}
