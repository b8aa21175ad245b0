/**
 * The state of a material from its events: the same on every node and client, whatever order they arrived in. Nodes reduce
 * envelopes alone; devices reduce them with the records they decrypted. A step that is not allowed is listed as refused,
 * with the reason, and changes nothing.
 */
import type { Believe } from '../cases/case.ts'
import { causalOrder, distinct, type TimelineEvent } from '../causal-order.ts'
import { missingCountries } from '../publishing/approved.ts'
import {
  type MaterialUpdate,
  materialEventSchema,
  materialEventType,
  materialUpdateEventType,
  materialUpdateSchema,
} from './material-events.ts'
import { type MaterialRecord, materialRecordSchema } from './material-records.ts'
import type {
  MaterialPublication,
  MaterialRefusal,
  MaterialStamp,
  MaterialState,
  MaterialVersion,
} from './material-state.ts'
import { changedNames, type MaterialContent, maxValidityMs } from './published.ts'

/** A record as a device decrypted it. `content`: without the relation. */
export interface ReadMaterialRecord {
  sender: string
  /** the material in whose thread it is */
  material: string
  content: unknown
}

export interface MaterialReading {
  /** by event ID; what is not among them is listed as unread */
  records?: ReadonlyMap<string, ReadMaterialRecord>
  believe?: Believe
  /** ISO 3166-1 alpha-2 of an institution, as the federation list has it; undefined: not of the network */
  countryOf(institution: string): string | undefined
}

const noRecords: ReadonlyMap<string, ReadMaterialRecord> = new Map()

/**
 * One material.
 *
 * @param root the `org.enlace.material` event
 * @param steps its `org.enlace.material.update` events; others are ignored
 * @returns the state, or why the event proposes no material
 */
export function reduceMaterial(
  root: TimelineEvent,
  steps: Iterable<TimelineEvent>,
  { records = noRecords, believe, countryOf }: MaterialReading,
): MaterialState | 'malformed' | 'not_believed' {
  const parsed = materialEventSchema.safeParse(root.content)
  if (root.type !== materialEventType || !parsed.success || root.room_id === undefined) return 'malformed'
  const { by } = parsed.data
  if (believe?.(root, by.institution) === false) return 'not_believed'
  const state: MaterialState = {
    id: root.event_id,
    roomId: root.room_id,
    institution: by.institution,
    proposed: { eventId: root.event_id, sender: root.sender, at: root.origin_server_ts, by },
    versions: [],
    apart: [],
    comments: [],
    publications: [],
    heads: [],
    refused: [],
    waiting: [],
    unread: [],
  }
  const own = [...distinct(steps).values()].filter(
    ({ type, room_id, content }) =>
      type === materialUpdateEventType &&
      (room_id ?? root.room_id) === root.room_id &&
      (targetOf(content) ?? root.event_id) === root.event_id,
  )
  const { ordered, waiting, heads } = causalOrder(root.event_id, own)
  const used = new Set<string>()
  for (const event of ordered) {
    const reason = take(state, event, { records, used, believe, countryOf })
    if (reason) refuse(state, event, reason)
  }
  state.apart = apartOf(state.versions)
  state.heads = heads
  state.waiting = waiting.map((event) => event.event_id)
  return state
}

interface Taking {
  records: ReadonlyMap<string, ReadMaterialRecord>
  used: Set<string>
  believe: Believe | undefined
  countryOf: MaterialReading['countryOf']
}

function take(
  state: MaterialState,
  event: TimelineEvent,
  { records, used, believe, countryOf }: Taking,
): MaterialRefusal | undefined {
  const parsed = materialUpdateSchema.safeParse(event.content)
  if (!parsed.success) return 'malformed'
  const content = parsed.data
  if (believe?.(event, content.by.institution) === false) return 'not_believed'
  const stamp: MaterialStamp = {
    eventId: event.event_id,
    sender: event.sender,
    at: event.origin_server_ts,
    by: content.by,
  }
  const against = materialRefusal(state, content, stamp, countryOf)
  if (against) return against
  let record: MaterialRecord | undefined
  if (content.record !== undefined) {
    if (used.has(content.record)) return 'already_done'
    const read = records.get(content.record)
    if (!read) state.unread.push(event.event_id)
    else {
      if (read.sender !== event.sender || read.material !== state.id) return 'not_own_record'
      const one = materialRecordSchema.safeParse(read.content)
      if (!one.success || one.data.what !== carries[content.step]) return 'malformed_record'
      record = one.data
      const reason = record.what === 'version' ? versionRefusal(state, record) : undefined
      if (reason) return reason
    }
    used.add(content.record)
  }
  apply(state, content, stamp, record)
  return undefined
}

const carries: Partial<Record<MaterialUpdate['step'], MaterialRecord['what']>> = {
  version: 'version',
  comment: 'comment',
  return: 'comment',
  approve: 'approval',
}

/**
 * Why an envelope is not possible now; undefined: it is. What is asked before sending, too.
 *
 * - A version is written by the institution whose material it is, or by a coordinator of another.
 * - Coordinators approve and return, never what they wrote themselves; an institution's newest word on a version counts.
 * - A coordinator of the institution publishes what both countries approved and nobody returned.
 * - A coordinator of the institution, or of one that approved the version, withdraws it.
 */
export function materialRefusal(
  state: MaterialState,
  content: Omit<MaterialUpdate, 'm.relates_to' | 'after'>,
  { sender, at }: Pick<MaterialStamp, 'sender' | 'at'>,
  countryOf: MaterialReading['countryOf'],
): MaterialRefusal | undefined {
  const { by, step } = content
  const coordinates = by.role === 'coordinator'
  const own = by.institution === state.institution
  const version = state.versions.find(({ id }) => id === content.version)
  if (content.version !== undefined && !version) return 'unknown_target'
  switch (step) {
    case 'comment':
      return undefined
    case 'version':
      return own || coordinates ? undefined : 'not_entitled'
    case 'approve':
      if (!coordinates) return 'not_entitled'
      return version!.sender === sender ? 'own_version' : undefined
    case 'return':
      return coordinates ? undefined : 'not_entitled'
    case 'publish': {
      if (!coordinates || !own) return 'not_entitled'
      const places = state.publications.map((one) => state.versions.findIndex(({ id }) => id === one.version))
      const last = Math.max(-1, ...places)
      const place = state.versions.indexOf(version!)
      if (place === last && state.publications.at(-1)!.withdrawn === undefined) return 'already_done'
      if (place <= last) return 'superseded'
      if (!isApproved(version!, countryOf)) return 'not_approved'
      const until = content.valid_until_ts!
      const said = version!.content?.valid_until ?? until
      return until !== said || until <= at || until - at > maxValidityMs ? 'validity' : undefined
    }
    case 'withdraw': {
      const publication = state.publications.find(({ id }) => id === content.publication)
      if (!publication) return 'unknown_target'
      const approved = state.versions
        .find(({ id }) => id === publication.version)!
        .stances.has(by.institution)
      if (!coordinates || !(own || approved)) return 'not_entitled'
      return publication.withdrawn ? 'already_done' : undefined
    }
  }
}

/** The address is printed: it never changes; and a version counts up from those it builds upon. */
function versionRefusal(
  state: MaterialState,
  { content, bases = [] }: { content: MaterialContent; bases?: readonly string[] | undefined },
): MaterialRefusal | undefined {
  const first = state.versions.find((one) => one.content !== undefined)?.content
  if (content.institution !== state.institution) return 'address_changed'
  if (first && (first.slug !== content.slug || first.language !== content.language)) return 'address_changed'
  const known = state.versions.filter(({ id }) => bases.includes(id))
  if (known.length !== new Set(bases).size) return 'unknown_target'
  return known.some((one) => (one.content?.number ?? 0) >= content.number) ? 'malformed_record' : undefined
}

function apply(
  state: MaterialState,
  content: MaterialUpdate,
  stamp: MaterialStamp,
  record: MaterialRecord | undefined,
): void {
  const id = stamp.eventId
  const version = state.versions.find((one) => one.id === content.version)
  if (content.step === 'version') {
    const written = record?.what === 'version' ? record : undefined
    const bases = written?.bases ?? []
    const stances: MaterialVersion['stances'] = new Map()
    state.versions.push({ ...stamp, id, bases, stances, ...(written ? { content: written.content } : {}) })
  }
  if (content.step === 'approve' || content.step === 'return')
    version!.stances.set(stamp.by.institution, {
      ...stamp,
      stance: content.step,
      ...(record?.what === 'approval' ? { signatures: record.signatures } : {}),
    })
  if (content.step === 'comment' || content.step === 'return')
    state.comments.push({
      ...stamp,
      ...(record?.what === 'comment' ? { text: record.text } : {}),
      ...(record?.what === 'comment' && record.block !== undefined ? { block: record.block } : {}),
      ...(version ? { version: version.id } : {}),
    })
  if (content.step === 'publish')
    state.publications.push({ ...stamp, id, version: version!.id, validUntil: content.valid_until_ts! })
  if (content.step === 'withdraw')
    state.publications.find((one) => one.id === content.publication)!.withdrawn = {
      ...stamp,
      reason: content.reason!,
    }
}

/** Versions the one that stands does not build upon, directly or through others. */
function apartOf(versions: readonly MaterialVersion[]): string[] {
  const byId = new Map(versions.map((one) => [one.id, one]))
  const built = new Set<string>()
  const left = versions.slice(-1).map(({ id }) => id)
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (built.has(id)) continue
    built.add(id)
    left.push(...(byId.get(id)?.bases ?? []))
  }
  return versions.flatMap(({ id }) => (built.has(id) ? [] : [id]))
}

/** Both countries approve, and no coordination's newest word is that it goes back. */
export function isApproved(
  { stances }: Pick<MaterialVersion, 'stances'>,
  countryOf: MaterialReading['countryOf'],
): boolean {
  const said = [...stances]
  if (said.some(([, { stance }]) => stance === 'return')) return false
  return (
    missingCountries(
      said.map(([institution]) => institution),
      countryOf,
    ).length === 0
  )
}

export type MaterialStatus =
  | 'proposed'
  | 'in_review'
  | 'returned'
  | 'approved'
  | 'published'
  | 'expired'
  | 'withdrawn'

/** Of a published material this is what the public sees of it, whatever newer version is being written. */
export function materialStatus(
  { versions, publications }: Pick<MaterialState, 'versions' | 'publications'>,
  now: number,
  countryOf: MaterialReading['countryOf'],
): MaterialStatus {
  const publication = publications.at(-1)
  const last = versions.at(-1)
  if (publication) {
    if (publication.withdrawn) return 'withdrawn'
    return publication.validUntil <= now ? 'expired' : 'published'
  }
  if (!last || last.stances.size === 0) return versions.length > 0 ? 'in_review' : 'proposed'
  if ([...last.stances.values()].some(({ stance }) => stance === 'return')) return 'returned'
  return isApproved(last, countryOf) ? 'approved' : 'in_review'
}

/**
 * Records named by what is published (or, before that, by the newest version) that changed after it was approved. Not empty: it is
 * to be reviewed.
 */
export function needsReview(
  state: Pick<MaterialState, 'versions' | 'publications'>,
  digestOf: Parameters<typeof changedNames>[1],
): ReturnType<typeof changedNames> {
  const publication: MaterialPublication | undefined = state.publications.at(-1)
  if (publication?.withdrawn) return []
  const version = publication
    ? state.versions.find(({ id }) => id === publication.version)
    : state.versions.at(-1)
  return changedNames(version?.content?.names ?? [], digestOf)
}

/** What the institution puts into its `materials.json`; undefined: nothing is published, or it is not readable here. */
export function publicationItem(state: MaterialState) {
  const publication = state.publications.at(-1)
  const version = state.versions.find(({ id }) => id === publication?.version)
  if (!version?.content || publication?.withdrawn) return undefined
  return {
    material: version.content,
    approvals: [...version.stances].flatMap(([institution, { stance, signatures }]) =>
      stance === 'approve' && signatures ? [{ institution, signatures }] : [],
    ),
  }
}

function refuse(state: MaterialState, event: TimelineEvent, reason: MaterialRefusal): void {
  const step = materialUpdateSchema.shape.step.safeParse((event.content as { step?: unknown } | null)?.step)
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
