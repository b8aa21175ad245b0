/**
 * Escalations: an urgent call that climbs a chain of duty until a person acknowledges it. All steps are clear envelopes
 * without free text. The node of whoever raised it runs the chain; every node and client reduces the same events to the same
 * history.
 */
import { serverNameOf } from '@enlace/room-model/server-name'
import type { Believe } from '../cases/case.ts'
import { type CausalOrder, causalOrder, compareIds, distinct, type TimelineEvent } from '../causal-order.ts'
import type { Role } from '../members.ts'
import { type EscalationStage, withinBounds } from './escalation-chain.ts'
import {
  type EscalationAction,
  type EscalationContent,
  type EscalationStepContent,
  escalationAcknowledgementContentSchema,
  escalationAcknowledgementEventType,
  escalationAlertedContentSchema,
  escalationAlertedEventType,
  escalationContentSchema,
  escalationEventType,
  escalationEventTypes,
  escalationRelationSchema,
  escalationStepContentSchema,
  escalationStepEventType,
  escalationUpdateContentSchema,
  maxSnoozeMs,
  type SnoozeReason,
} from './escalation-events.ts'

export type RefusalReason =
  | 'malformed' // the content is not the event type's; also what a redacted event looks like
  | 'unknown_escalation' // refers to no escalation among the events given
  | 'other_room'
  | 'not_an_official' // called upon by no stage that has begun
  | 'own_escalation' // whoever raised it cannot be the one who answers it
  | 'already_acknowledged'
  | 'already_taken' // this step was taken before
  | 'not_the_raising_node' // only the node of the person who raised it runs the chain
  | 'not_their_node' // a node says whom it alerted of its own people, nobody else's
  | 'not_believed' // the sender's server does not host the institution it speaks for
  | 'not_theirs' // for whoever acknowledged it, whoever raised it, or those called, by the action
  | 'illegal_step' // not in this state
  | 'too_long'

export interface RefusedStep {
  eventId: string
  sender: string
  at: number
  reason: RefusalReason
}

/** What a reducer is told of people and institutions beyond the events. */
export interface WhoIsWho {
  /** Institution and role of a person whose event does not say them (`by`), as far as they are believed. */
  actorOf?(userId: string): { institution?: string; role?: Role } | undefined
  /** The country an institution acts for; without it, the letters its key begins with. */
  countryOf?(institution: string): string | undefined
}

/** One entry of an escalation's history, in order. */
export interface EscalationEntry {
  eventId: string
  sender: string
  at: number
  what: 'raised' | 'step' | 'alerted' | 'acknowledged' | EscalationAction
  step?: number
  because?: EscalationStepContent['because']
  unreachable?: string[]
  persons?: string[]
  to?: string
  until?: number
  reason?: SnoozeReason
}

export interface Escalation {
  id: string
  roomId?: string
  raisedBy: string
  raisedAt: number
  cause: NonNullable<EscalationContent['cause']>
  aboutEventId: string
  reference?: string
  chain: EscalationStage[]
  state: 'open' | 'acknowledged' | 'resolved'
  /** the step that was begun last; stages repeat from the last one on */
  step: number
  /** the event from which the present step's time runs */
  waitingSince: { eventId: string; at: number }
  snoozedUntil?: number
  acknowledgedBy?: string
  acknowledgedAt?: number
  acknowledgementId?: string
  /** offered to this person, who has not taken it yet */
  handedTo?: string
  resolvedBy?: string
  resolvedAt?: number
  /** who was alerted so far, per step */
  alerted: { step: number; persons: string[]; at: number }[]
  history: EscalationEntry[]
  heads: string[]
  /** steps that were not applied, in order of time */
  refused: RefusedStep[]
}

export interface EscalationReduction {
  escalations: Map<string, Escalation>
  /** steps that belong to no escalation of the map, in order of time */
  refused: RefusedStep[]
}

/** What an escalation without a chain does: it calls the channel's officials every hour. */
const plainChain: EscalationStage[] = [
  { level: 'institution_coordination', roles: ['official'], within_ms: 3_600_000 },
]

/** The stage of a step; the last one repeats. */
export function stageAt(escalation: Pick<Escalation, 'chain'>, step: number): EscalationStage {
  return escalation.chain[Math.min(step, escalation.chain.length - 1)]!
}

const MAX_REPEAT_MS = 24 * 3_600_000

/** When the raising node takes the next step; undefined: nothing is waited for. A chain at its end calls again, ever more rarely. */
export function nextStepAt(escalation: Escalation): number | undefined {
  if (escalation.state !== 'open') return undefined
  const { chain, step, waitingSince, snoozedUntil } = escalation
  const { within_ms } = stageAt(escalation, step)
  const repeats = Math.max(0, step - (chain.length - 1))
  const within =
    repeats === 0
      ? within_ms
      : Math.max(within_ms, Math.min(MAX_REPEAT_MS, within_ms * 2 ** Math.min(repeats, 30)))
  return Math.max(waitingSince.at, snoozedUntil ?? 0) + within
}

/**
 * The state of every escalation from a set of events, whatever their order (`causalOrder`). No step is applied that is not
 * allowed, and none disappears: those refused are listed with the reason.
 *
 * @param who what is known of senders whose events do not say it (`by`), and of institutions
 * @param believe what the federation list says of who speaks for whom; without it every server is believed
 */
export function reduceEscalations(
  events: Iterable<TimelineEvent>,
  who: WhoIsWho = {},
  believe?: Believe,
): EscalationReduction {
  const escalations = new Map<string, Escalation>()
  const refused: RefusedStep[] = []
  const steps = new Map<string, TimelineEvent[]>()
  for (const event of distinct(events).values()) {
    if (event.type === escalationEventType) {
      const escalation = isBelieved(event, believe) ? raised(event) : undefined
      if (escalation) escalations.set(event.event_id, escalation)
      else refused.push(stamp(event, isBelieved(event, believe) ? 'malformed' : 'not_believed'))
    } else if ((escalationEventTypes as readonly string[]).includes(event.type)) {
      const target = escalationRelationSchema.safeParse(
        (event.content as { 'm.relates_to'?: unknown } | null)?.['m.relates_to'],
      )
      if (!target.success) {
        refused.push(stamp(event, 'malformed'))
        continue
      }
      const list = steps.get(target.data.event_id)
      if (list) list.push(event)
      else steps.set(target.data.event_id, [event])
    }
  }
  for (const [id, list] of steps) {
    const escalation = escalations.get(id)
    if (!escalation) refused.push(...list.map((event) => stamp(event, 'unknown_escalation')))
    else run(escalation, voided(list, refused), who, believe)
  }
  refused.sort((a, b) => a.at - b.at || compareIds(a.eventId, b.eventId))
  return { escalations, refused }
}

function raised(event: TimelineEvent): Escalation | undefined {
  const parsed = escalationContentSchema.safeParse(event.content)
  if (!parsed.success) return undefined
  const { data } = parsed
  return {
    id: event.event_id,
    ...(event.room_id ? { roomId: event.room_id } : {}),
    raisedBy: event.sender,
    raisedAt: event.origin_server_ts,
    cause: data.cause ?? 'person',
    aboutEventId: data['m.relates_to'].event_id,
    ...(data.reference ? { reference: data.reference } : {}),
    chain: data.chain?.map(withinBounds) ?? plainChain,
    state: 'open',
    step: 0,
    waitingSince: { eventId: event.event_id, at: event.origin_server_ts },
    alerted: [],
    history: [
      { eventId: event.event_id, sender: event.sender, at: event.origin_server_ts, what: 'raised', step: 0 },
    ],
    heads: [event.event_id],
    refused: [],
  }
}

/** A redacted step names no escalation any more, and what followed it must not wait for it: such names are dropped. */
function voided(list: TimelineEvent[], gone: readonly RefusedStep[]): TimelineEvent[] {
  const redacted = new Set(gone.filter((step) => step.reason === 'malformed').map((step) => step.eventId))
  if (redacted.size === 0) return list
  return list.map((event) => {
    const content = event.content as { after?: unknown }
    if (!Array.isArray(content.after) || !content.after.some((id) => redacted.has(String(id)))) return event
    const { after: named, ...rest } = content
    const left = (named as string[]).filter((id) => !redacted.has(id))
    return { ...event, content: left.length > 0 ? { ...rest, after: left } : rest }
  })
}

function run(
  escalation: Escalation,
  list: readonly TimelineEvent[],
  who: WhoIsWho,
  believe: Believe | undefined,
): void {
  const { ordered, waiting, heads }: CausalOrder = causalOrder(escalation.id, list)
  for (const event of ordered) {
    const reason = isBelieved(event, believe) ? apply(escalation, event, who) : 'not_believed'
    if (reason) escalation.refused.push(stamp(event, reason))
  }
  // What waits for an event that has not arrived is not applied; it is not lost either.
  for (const event of waiting) escalation.refused.push(stamp(event, 'illegal_step'))
  escalation.heads = heads
}

function isBelieved(event: TimelineEvent, believe: Believe | undefined): boolean {
  const { by } = (event.content ?? {}) as { by?: { institution?: unknown } }
  return typeof by?.institution !== 'string' || believe?.(event, by.institution) !== false
}

function apply(escalation: Escalation, event: TimelineEvent, who: WhoIsWho): RefusalReason | undefined {
  if (escalation.roomId && event.room_id && escalation.roomId !== event.room_id) return 'other_room'
  switch (event.type) {
    case escalationAcknowledgementEventType:
      return acknowledge(escalation, event, who)
    case escalationStepEventType:
      return step(escalation, event)
    case escalationAlertedEventType:
      return alerted(escalation, event)
    default:
      return update(escalation, event, who)
  }
}

const entry = (
  event: TimelineEvent,
  what: EscalationEntry['what'],
  more: Partial<EscalationEntry> = {},
): EscalationEntry => ({
  eventId: event.event_id,
  sender: event.sender,
  at: event.origin_server_ts,
  what,
  ...more,
})

function acknowledge(escalation: Escalation, event: TimelineEvent, who: WhoIsWho): RefusalReason | undefined {
  const parsed = escalationAcknowledgementContentSchema.safeParse(event.content)
  if (!parsed.success) return 'malformed'
  if (!isCalledUpon(escalation, parsed.data.by ?? who.actorOf?.(event.sender), who)) return 'not_an_official'
  if (event.sender === escalation.raisedBy) return 'own_escalation'
  if (escalation.state !== 'open') return 'already_acknowledged'
  escalation.state = 'acknowledged'
  escalation.acknowledgedBy = event.sender
  escalation.acknowledgedAt = event.origin_server_ts
  escalation.acknowledgementId = event.event_id
  delete escalation.snoozedUntil
  escalation.history.push(entry(event, 'acknowledged'))
  return undefined
}

/**
 * Whether a person is called upon: a stage that has begun selects their institution, and they have one of its roles or
 * are an official. All that stops a call or ends it asks this.
 */
export function isCalledUpon(
  escalation: Pick<Escalation, 'chain' | 'step'>,
  actor: { institution?: string; role?: Role } | undefined,
  { countryOf }: Pick<WhoIsWho, 'countryOf'> = {},
): boolean {
  const { institution, role } = actor ?? {}
  if (!role) return false
  return escalation.chain.slice(0, escalation.step + 1).some((stage) => {
    if (role !== 'official' && !stage.roles.includes(role)) return false
    if (stage.institutions) return institution !== undefined && stage.institutions.includes(institution)
    if (stage.country === undefined) return true
    if (institution === undefined) return false
    return (countryOf?.(institution) ?? institution.slice(0, 2).toUpperCase()) === stage.country
  })
}

function step(escalation: Escalation, event: TimelineEvent): RefusalReason | undefined {
  const parsed = escalationStepContentSchema.safeParse(event.content)
  if (!parsed.success) return 'malformed'
  if (serverNameOf(event.sender) !== serverNameOf(escalation.raisedBy)) return 'not_the_raising_node'
  const { data } = parsed
  if (data.step <= escalation.step) return 'already_taken'
  if (escalation.state !== 'open') return 'already_acknowledged'
  if (data.step !== escalation.step + 1)
    return followsLateStep(escalation) ? 'already_acknowledged' : 'illegal_step'
  escalation.step = data.step
  escalation.waitingSince = { eventId: event.event_id, at: event.origin_server_ts }
  delete escalation.snoozedUntil
  escalation.history.push(
    entry(event, 'step', {
      step: data.step,
      because: data.because,
      ...(data.unreachable ? { unreachable: data.unreachable } : {}),
    }),
  )
  return undefined
}

/** Whether a step of the raising node was refused, as one that did not know of an answer: those it sent after it are too. */
function followsLateStep({ refused, raisedBy }: Escalation): boolean {
  return refused.some(
    ({ reason, sender }) =>
      reason === 'already_acknowledged' && serverNameOf(sender) === serverNameOf(raisedBy),
  )
}

function alerted(escalation: Escalation, event: TimelineEvent): RefusalReason | undefined {
  const parsed = escalationAlertedContentSchema.safeParse(event.content)
  if (!parsed.success) return 'malformed'
  const { step: at, persons } = parsed.data
  const server = serverNameOf(event.sender)
  if (!persons.every((person) => serverNameOf(person) === server)) return 'not_their_node'
  escalation.alerted.push({ step: at, persons, at: event.origin_server_ts })
  escalation.history.push(entry(event, 'alerted', { step: at, persons }))
  return undefined
}

function update(escalation: Escalation, event: TimelineEvent, who: WhoIsWho): RefusalReason | undefined {
  const parsed = escalationUpdateContentSchema.safeParse(event.content)
  if (!parsed.success) return 'malformed'
  const { action, by, to, until_ts, reason } = parsed.data
  const { sender } = event
  const at = event.origin_server_ts
  const actor = by ?? who.actorOf?.(sender)
  const role = actor?.role
  const called = isCalledUpon(escalation, actor, who)
  const holds = sender === escalation.acknowledgedBy
  switch (action) {
    case 'unacknowledge':
      if (escalation.state !== 'acknowledged') return 'illegal_step'
      if (!holds && !(called && role === 'official')) return 'not_theirs'
      escalation.state = 'open'
      escalation.waitingSince = { eventId: event.event_id, at }
      for (const key of ['acknowledgedBy', 'acknowledgedAt', 'acknowledgementId', 'handedTo'] as const)
        delete escalation[key]
      break
    case 'hand_over':
      if (escalation.state !== 'acknowledged') return 'illegal_step'
      if (!holds) return 'not_theirs'
      if (to === sender) return 'illegal_step'
      escalation.handedTo = to!
      break
    case 'accept_hand_over':
      if (escalation.state !== 'acknowledged' || !escalation.handedTo) return 'illegal_step'
      if (sender !== escalation.handedTo) return 'not_theirs'
      escalation.acknowledgedBy = sender
      delete escalation.handedTo
      break
    case 'snooze':
      if (escalation.state !== 'open') return 'illegal_step'
      if (!called) return 'not_an_official'
      if (sender === escalation.raisedBy) return 'own_escalation'
      if (until_ts! - at > maxSnoozeMs) return 'too_long'
      escalation.snoozedUntil = until_ts!
      break
    case 'resolve':
      if (escalation.state === 'resolved') return 'illegal_step'
      if (!holds && sender !== escalation.raisedBy && !called) return 'not_theirs'
      escalation.state = 'resolved'
      escalation.resolvedBy = sender
      escalation.resolvedAt = at
      delete escalation.snoozedUntil
      delete escalation.handedTo
      break
  }
  escalation.history.push(
    entry(event, action, {
      ...(to ? { to } : {}),
      ...(until_ts === undefined ? {} : { until: until_ts }),
      ...(reason ? { reason } : {}),
    }),
  )
  return undefined
}

/** Why an event could not be applied to an escalation as it is now; undefined: it can. Leaves the escalation as it was. */
export function escalationRefusal(
  escalation: Escalation,
  event: TimelineEvent,
  who: WhoIsWho = {},
): RefusalReason | undefined {
  return apply(structuredClone(escalation), event, who)
}

const stamp = (event: TimelineEvent, reason: RefusalReason): RefusedStep => ({
  eventId: event.event_id,
  sender: event.sender,
  at: event.origin_server_ts,
  reason,
})

/** Who is alerted: every official among a channel's joined members, except whoever raised the call. */
export function officialsToAlert(
  members: Iterable<string>,
  raisedBy: string,
  roleOf: (userId: string) => Role | undefined,
): string[] {
  return [...members].filter((userId) => userId !== raisedBy && roleOf(userId) === 'official')
}
