/**
 * The state of a report from its events: the same on every node and client, whatever order they arrived in. Nodes reduce envelopes
 * alone; devices reduce them with the records they decrypted. A step that is not allowed is listed as refused, with the
 * reason, and changes nothing.
 */
import type { Believe } from '../cases/case.ts'
import { causalOrder, compareIds, distinct, type TimelineEvent } from '../causal-order.ts'
import { riskSignatureSchema } from './published.ts'
import {
  type RiskUpdateContent,
  riskContentSchema,
  riskEventType,
  riskUpdateContentSchema,
  riskUpdateEventType,
} from './risk-events.ts'
import { type ReadRiskRecord, type RiskRecord, riskRecordSchema } from './risk-records.ts'
import type { Publication, RiskRefusal, RiskReport, RiskSigned, RiskStamp } from './risk-state.ts'

const noRecords: ReadonlyMap<string, ReadRiskRecord> = new Map()

/**
 * One report.
 *
 * @param root the `org.enlace.risk` event
 * @param steps its `org.enlace.risk.update` events; others are ignored
 * @param records by event ID
 * @returns the state, or why the event opens no report
 */
export function reduceRisk(
  root: TimelineEvent,
  steps: Iterable<TimelineEvent>,
  records: ReadonlyMap<string, ReadRiskRecord> = noRecords,
  believe?: Believe,
): RiskReport | 'malformed' | 'not_believed' {
  const parsed = riskContentSchema.safeParse(root.content)
  if (root.type !== riskEventType || !parsed.success || root.room_id === undefined) return 'malformed'
  const { by } = parsed.data
  if (believe?.(root, by.institution) === false) return 'not_believed'
  const state: RiskReport = {
    id: root.event_id,
    roomId: root.room_id,
    opened: { eventId: root.event_id, sender: root.sender, at: root.origin_server_ts, by },
    versions: [],
    reviews: new Map(),
    signed: [],
    published: new Map(),
    retracted: new Map(),
    heads: [root.event_id],
    refused: [],
    waiting: [],
  }
  const own = [...distinct(steps).values()].filter(
    ({ type, room_id, content }) =>
      type === riskUpdateEventType &&
      (room_id ?? root.room_id) === root.room_id &&
      (targetOf(content) ?? root.event_id) === root.event_id,
  )
  const { ordered, waiting, heads } = causalOrder(root.event_id, own)
  const used = new Set<string>()
  for (const event of ordered) {
    const reason = take(state, event, records, used, believe)
    if (reason) refuse(state, event, reason)
  }
  state.heads = heads
  state.waiting = waiting.map((event) => event.event_id)
  return state
}

function take(
  state: RiskReport,
  event: TimelineEvent,
  records: ReadonlyMap<string, ReadRiskRecord>,
  used: Set<string>,
  believe: Believe | undefined,
): RiskRefusal | undefined {
  const parsed = riskUpdateContentSchema.safeParse(event.content)
  if (!parsed.success) return 'malformed'
  const content = parsed.data
  if (believe?.(event, content.by.institution) === false) return 'not_believed'
  const against = riskRefusal(state, event.sender, content)
  if (against) return against
  let details: RiskRecord | undefined
  let signature: RiskSigned['signature']
  if (content.record !== undefined) {
    if (used.has(content.record)) return 'already_done'
    const read = records.get(content.record)
    if (read) {
      if (read.sender !== event.sender || read.report !== state.id) return 'not_own_record'
      if (content.step === 'sign') {
        const one = riskSignatureSchema.safeParse(read.content)
        if (!one.success) return 'malformed_record'
        signature = one.data
      } else {
        const one = riskRecordSchema.safeParse(read.content)
        if (!one.success) return 'malformed_record'
        details = one.data
      }
    }
    used.add(content.record)
  }
  const stamp: RiskStamp = {
    eventId: event.event_id,
    sender: event.sender,
    at: event.origin_server_ts,
    by: content.by,
  }
  if (content.step === 'sign')
    state.signed.push({
      ...stamp,
      version: state.versions.at(-1)!.eventId,
      ...(signature ? { signature } : {}),
    })
  else apply(state, content, stamp, details)
  return undefined
}

function apply(
  state: RiskReport,
  content: RiskUpdateContent,
  stamp: RiskStamp,
  details: RiskRecord | undefined,
): void {
  switch (content.step) {
    case 'report':
      state.versions.push({ ...stamp, ...(details ? { details } : {}) })
      // What was approved was another text.
      state.reviews.clear()
      return
    case 'approve':
    case 'object':
      // Of a version that no longer stands: read too late, and it says nothing of the one that does.
      if (state.versions.at(-1)!.eventId === content.version)
        state.reviews.set(stamp.by.institution, { ...stamp, verdict: content.step })
      return
    case 'withdraw':
      state.withdrawn = stamp
      return
    case 'merge':
      state.mergedInto = content.into!
      return
    case 'separate':
      delete state.mergedInto
      return
    case 'publish':
      state.published.set(stamp.by.institution, { ...stamp, signed: content.signed! })
      return
    case 'retract': {
      const { institution } = stamp.by
      const before = state.retracted.get(content.signed!) ?? new Set()
      state.retracted.set(content.signed!, before.add(institution))
      return
    }
  }
}

/**
 * Why a step is not possible now; undefined: it is. What is published is for coordinators: of any institution of the channel to
 * review and to merge, of the one that reported (or who reported) to withdraw.
 */
export function riskRefusal(
  state: RiskReport,
  sender: string,
  content: Omit<RiskUpdateContent, 'm.relates_to' | 'after'>,
): RiskRefusal | undefined {
  const { by, step } = content
  const isOwn = by.institution === state.opened.by.institution
  // What is public is taken back also of a report that was withdrawn.
  if (state.withdrawn && step !== 'retract') return 'withdrawn'
  switch (step) {
    case 'report':
      return isOwn ? undefined : 'not_entitled'
    case 'approve':
    case 'object': {
      if (by.role !== 'coordinator') return 'not_entitled'
      const version = state.versions.find((one) => one.eventId === content.version)
      if (!version) return 'unknown_target'
      if (step === 'approve' && version.sender === sender) return 'own_version'
      const before = state.reviews.get(by.institution)
      const isCurrent = state.versions.at(-1) === version
      return isCurrent && before?.verdict === step ? 'already_done' : undefined
    }
    case 'withdraw':
      return isOwn && (by.role !== 'staff' || sender === state.opened.sender) ? undefined : 'not_entitled'
    case 'merge':
      if (by.role !== 'coordinator') return 'not_entitled'
      if (content.into === state.id) return 'unknown_target'
      return state.mergedInto === content.into ? 'already_done' : undefined
    case 'separate':
      if (by.role !== 'coordinator') return 'not_entitled'
      return state.mergedInto === undefined ? 'already_done' : undefined
    case 'sign':
      if (by.role !== 'coordinator') return 'not_entitled'
      // An institution signs what it approved: the version that stands.
      return state.reviews.get(by.institution)?.verdict === 'approve' ? undefined : 'not_entitled'
    case 'publish':
    case 'retract': {
      if (by.role !== 'coordinator') return 'not_entitled'
      const signed = state.signed.find((one) => one.eventId === content.signed)
      if (!signed) return 'unknown_target'
      if (step === 'publish')
        return state.published.get(by.institution)?.signed === content.signed ? 'already_done' : undefined
      return state.retracted.get(signed.eventId)?.has(by.institution) === true ? 'already_done' : undefined
    }
  }
}

/** What stands, if it is readable here. */
export const detailsOf = (report: RiskReport): RiskRecord | undefined => report.versions.at(-1)?.details

/**
 * Whether a report may leave the network: two coordinators, of institutions of two countries, approved the version that stands, and
 * none objects.
 *
 * @param countryOf the registry's word (ISO 3166-1 alpha-2), never the sender's; undefined: the approval does not count
 */
export function publicationOf(
  report: RiskReport,
  countryOf: (institution: string) => string | undefined,
): Publication {
  if (report.withdrawn) return 'withdrawn'
  if (!detailsOf(report)) return 'empty'
  const countries = new Set<string>()
  for (const [institution, { verdict }] of report.reviews) {
    if (verdict === 'object') return 'objected'
    const country = countryOf(institution)
    if (country !== undefined) countries.add(country)
  }
  return countries.size >= 2 ? 'public' : countries.size === 1 ? 'half' : 'in_review'
}

/** Reports that say one thing, the first reported in front. */
export interface RiskGroup {
  /** of `first` */
  id: string
  first: RiskReport
  members: RiskReport[]
}

/**
 * Duplicates together: reports that were merged, directly or through others, whatever of them names which. Reports of two kinds
 * are not one, and what was withdrawn or is not readable stands alone.
 */
export function mergedRisks(reports: Iterable<RiskReport>): RiskGroup[] {
  const all = [...reports].sort((a, b) => a.opened.at - b.opened.at || compareIds(a.id, b.id))
  const byId = new Map(all.map((one) => [one.id, one]))
  const parent = new Map<string, string>()
  const rootOf = (id: string): string => {
    let at = id
    for (let next = parent.get(at); next !== undefined; next = parent.get(at)) at = next
    return at
  }
  const order = new Map(all.map((one, at) => [one.id, at]))
  for (const one of all) {
    const other = one.mergedInto === undefined ? undefined : byId.get(one.mergedInto)
    if (!other || one.withdrawn || other.withdrawn || other.roomId !== one.roomId) continue
    const kind = detailsOf(one)?.kind
    if (kind === undefined || detailsOf(other)?.kind !== kind) continue
    const [a, b] = [rootOf(one.id), rootOf(other.id)]
    if (a === b) continue
    if (order.get(a)! < order.get(b)!) parent.set(b, a)
    else parent.set(a, b)
  }
  const groups = new Map<string, RiskGroup>()
  for (const one of all) {
    const id = rootOf(one.id)
    const group = groups.get(id)
    if (group) group.members.push(one)
    else groups.set(id, { id, first: one, members: [one] })
  }
  return [...groups.values()]
}

function refuse(state: RiskReport, event: TimelineEvent, reason: RiskRefusal): void {
  const step = riskUpdateContentSchema.shape.step.safeParse(
    (event.content as { step?: unknown } | null)?.step,
  )
  state.refused.push({
    eventId: event.event_id,
    sender: event.sender,
    at: event.origin_server_ts,
    reason,
    ...(step.success ? { step: step.data } : {}),
  })
}

function targetOf(content: unknown): string | undefined {
  const relation = (content as { 'm.relates_to'?: { event_id?: unknown } } | null)?.['m.relates_to']
  return typeof relation?.event_id === 'string' ? relation.event_id : undefined
}
