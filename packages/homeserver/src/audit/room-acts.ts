/**
 * Acts that happen in rooms, read from the log: which are made, who is invited, removed or banned, whose powers and which rules
 * change, which cases are handed on, which urgent calls are raised, answered and closed, which periods are set and which holds
 * placed and lifted. Follows the log like every projection, so none is missed; after a kill the last two seconds may be recorded
 * twice, with the same event in `facts`.
 */
import {
  type CaseStep,
  caseUpdateEventType,
  type EscalationAction,
  escalationAcknowledgementEventType,
  escalationChainEventType,
  escalationEventType,
  escalationUpdateEventType,
  holdEventType,
  retentionEventType,
  topicPolicyEventType,
} from '@enlace/coordination'
import type { Context } from '../context.ts'
import type { StoredEvent } from '../rooms/types.ts'
import { openProjection } from '../stream/projection.ts'
import type { Projection } from '../stream/types.ts'
import type { Act } from './acts.ts'
import type { ActRecord } from './types.ts'

/** State whose changes are acts; memberships are looked at one by one. */
const STATE: Readonly<Record<string, Act>> = {
  [topicPolicyEventType]: 'policy.change',
  [escalationChainEventType]: 'policy.change',
  'm.room.power_levels': 'channel.power',
  'm.room.create': 'channel.create',
}
/** Clear envelopes that are acts. */
const SAID: Readonly<Record<string, Act>> = {
  [escalationEventType]: 'escalation.raise',
  [escalationAcknowledgementEventType]: 'escalation.acknowledge',
  [retentionEventType]: 'retention.rule',
}
const HOLDS: Readonly<Record<string, Act>> = { place: 'hold.place', lift: 'hold.lift' }
const ACCEPTED = 'accept_transfer' satisfies CaseStep
const ASSIGNED = 'assign' satisfies CaseStep
const RESOLVED = 'resolve' satisfies EscalationAction
const STATE_TYPES = ['m.room.member', ...Object.keys(STATE)]

const actIn = (of: Readonly<Record<string, Act>>, type: string): Act | undefined =>
  Object.hasOwn(of, type) ? of[type] : undefined

/** An institution takes it over, or it is given to somebody else; who takes a case for themselves hands nothing over. */
function isHandover({ content, sender }: StoredEvent['pdu']): boolean {
  if (content['step'] === ACCEPTED) return true
  return (
    content['step'] === ASSIGNED && typeof content['assignee'] === 'string' && content['assignee'] !== sender
  )
}

/** Whom it is done to. */
export function personOf({ pdu }: Pick<StoredEvent, 'pdu'>): string | undefined {
  if (pdu.type === 'm.room.member') return pdu.state_key
  const { step, assignee } = pdu.content
  return pdu.type === caseUpdateEventType && step === ASSIGNED && typeof assignee === 'string'
    ? assignee
    : undefined
}

/** What of an event is an act; somebody's own coming and going is none. */
export function actOf({ pdu }: Pick<StoredEvent, 'pdu'>): Act | undefined {
  if (pdu.state_key === undefined) {
    // One whose content is gone was recorded when it came.
    switch (pdu.type) {
      case holdEventType:
        return actIn(HOLDS, String(pdu.content['hold']))
      case caseUpdateEventType:
        return isHandover(pdu) ? 'case.handover' : undefined
      case escalationUpdateEventType:
        return pdu.content['action'] === RESOLVED ? 'escalation.close' : undefined
      default:
        return actIn(SAID, pdu.type)
    }
  }
  if (pdu.type !== 'm.room.member') return actIn(STATE, pdu.type)
  if (pdu.sender === pdu.state_key) return undefined
  switch (pdu.content['membership']) {
    case 'invite':
      return 'channel.invite'
    case 'leave':
      return 'channel.remove'
    case 'ban':
      return 'channel.ban'
    default:
      return undefined
  }
}

function relatedTo(relation: unknown): string | undefined {
  const found = (relation as { event_id?: unknown } | undefined)?.event_id
  return typeof found === 'string' ? found : undefined
}

export async function followRooms(
  ctx: Context,
  record: (act: ActRecord) => Promise<void>,
): Promise<Projection> {
  /** Of people of this node, or done to one. */
  function isOurs(event: StoredEvent): boolean {
    return ctx.accounts.isLocal(event.pdu.sender) || ctx.accounts.isLocal(personOf(event) ?? '')
  }
  const projection = await openProjection(ctx, {
    name: 'audit',
    startsAt: 'now',
    // In the order of the log.
    atOnce: 1,
    concerns: (event) => actOf(event) !== undefined && isOurs(event),
    async read(range) {
      const found = [
        ...(await ctx.rooms.stateChangesIn(range, STATE_TYPES)),
        ...(await ctx.rooms.envelopesIn(range)),
      ]
      return found.sort((a, b) => a.pos! - b.pos!).slice(0, range.limit)
    },
    keysOf: ({ eventId }) => [eventId],
    async work(_key, events) {
      for (const event of events) {
        const { pdu, roomId, eventId } = event
        const on = personOf(event)
        const about = relatedTo(pdu.content['m.relates_to'])
        await record({
          act: actOf(event)!,
          by: pdu.sender,
          ...(on === undefined ? {} : { on }),
          room: roomId,
          ...(about !== undefined && ctx.cases.row(about) ? { case: about } : {}),
          facts: { event: eventId },
        })
      }
    },
  })
  void projection.start()
  return projection
}
