import {
  type Actor,
  actorSchema,
  type CaseState,
  caseDetailsEventType,
  caseDetailsSchema,
  caseEventType,
  caseUpdateContent,
  caseUpdateEventType,
  corridorEventType,
  maybeSamePerson,
  reduceCase,
  type TimelineEvent,
  topicPolicyEventType,
} from '@enlace/coordination'
import {
  type MatrixClient,
  type MatrixEvent,
  MatrixEventEvent,
  type Room,
  RoomEvent,
  RoomStateEvent,
} from 'matrix-js-sdk'
import { z } from 'zod'
import type { OwnDatabase } from '../../lib/own-database.ts'
import type { AuthedRequest } from '../../lib/request.ts'
import { coalesce, createStore, type ReadableStore } from '../../lib/store.ts'
import type { Institution, Me } from '../session/records.ts'
import type { EnlaceApi } from '../session/types.ts'
import type { Media, SealedSending } from '../timeline/types.ts'
import { createCaseSender } from './case-sender.ts'
import { createCasesApi } from './cases-api.ts'
import { type KeptDetails, keptDetailsSchema, timelineEventSchema } from './records.ts'
import type { Cases } from './types.ts'

const TYPES: readonly string[] = [caseEventType, caseUpdateEventType]
/** What decides whether a room is a channel. */
const CHANNEL_STATE = new Set([
  topicPolicyEventType,
  corridorEventType,
  'm.room.encryption',
  'm.room.join_rules',
  'm.room.history_visibility',
  'm.space.child',
  'm.space.parent',
])
const MAX_CASES = 2_000
const MAX_FILES = 200
const keptFileSchema = z.object({ id: z.string(), at: z.number(), events: z.array(timelineEventSchema) })

export interface CasesArgs {
  client: MatrixClient
  request: AuthedRequest
  requestText: (path: string) => Promise<string>
  api: EnlaceApi
  media: Media
  sealed: SealedSending
  database: OwnDatabase
  me: ReadableStore<Me | undefined>
  /** Whether a room is a channel of the network: cases are taken from no other. */
  isChannel(roomId: string): boolean
}

export function createCases(args: CasesArgs): Cases {
  const { client, request, requestText, api, media, sealed, database, me, isChannel } = args
  const known = createStore<ReadonlyMap<string, CaseState>>(new Map())
  const arrivals = createStore(0)
  const detailsVersion = createStore(0)
  const institutions = createStore<ReadonlyMap<string, Institution>>(new Map())
  const groups = new Map<string, Map<string, TimelineEvent>>()
  /** the case of each step: a redacted step no longer names its case */
  const caseOf = new Map<string, string>()
  const dirty = new Set<string>()
  const casesApi = createCasesApi(request, requestText)
  const send = createCaseSender(request, media, sealed, isChannel)
  const details = new Map<string, KeptDetails>()
  let loadingDetails: Promise<void> | undefined
  /** whose time is over */
  const gone = new Set<string>()
  let closed = false

  function take(event: TimelineEvent): boolean {
    if (!TYPES.includes(event.type)) return false
    const id = event.type === caseEventType ? event.event_id : (targetOf(event) ?? caseOf.get(event.event_id))
    if (id === undefined || gone.has(id)) return false
    caseOf.set(event.event_id, id)
    const group = groups.get(id) ?? new Map<string, TimelineEvent>()
    const before = group.get(event.event_id)
    // A copy without content was redacted: it replaces one with content, never the other way round.
    if (before && (isEmpty(before.content) || !isEmpty(event.content))) return false
    group.set(event.event_id, event)
    groups.delete(id)
    groups.set(id, group)
    dirty.add(id)
    return true
  }

  function reduce(): void {
    if (dirty.size === 0) return
    const next = new Map(known.get())
    const again: string[] = []
    const rooms = new Map<string, boolean>()
    const inChannel = (roomId: string): boolean => {
      const found = rooms.get(roomId) ?? isChannel(roomId)
      rooms.set(roomId, found)
      return found
    }
    for (const id of dirty) {
      const group = groups.get(id)
      const root = group?.get(id)
      const state =
        group && root
          ? reduceCase(
              root,
              [...group.values()].filter((one) => one !== root),
            )
          : undefined
      if (state && typeof state !== 'string' && inChannel(state.roomId)) next.set(id, state)
      else next.delete(id)
      // What makes the room a channel may come after its events.
      if (state && typeof state !== 'string' && !inChannel(state.roomId)) again.push(id)
    }
    dirty.clear()
    for (const id of again) dirty.add(id)
    for (const [id, group] of groups) {
      if (groups.size <= MAX_CASES) break
      for (const one of group.keys()) caseOf.delete(one)
      groups.delete(id)
      next.delete(id)
    }
    known.set(next)
  }
  const reduceSoon = coalesce(reduce, 60)

  const onTimeline = (event: MatrixEvent) => {
    const raw = rawOf(event)
    if (raw && take(raw)) {
      reduceSoon()
      arrivals.update((n) => n + 1)
    }
    takeDetails(event)
  }
  const onRedaction = (_event: MatrixEvent, room: Room) => {
    for (const event of room.getLiveTimeline().getEvents()) {
      const raw = rawOf(event)
      if (raw && take(raw)) reduceSoon()
    }
  }
  const onState = (event: MatrixEvent) => {
    if (!CHANNEL_STATE.has(event.getType())) return
    for (const id of groups.keys()) dirty.add(id)
    reduceSoon()
  }
  client.on(RoomStateEvent.Events, onState)
  client.on(RoomEvent.Timeline, onTimeline)
  client.on(RoomEvent.Redaction, onRedaction)
  client.on(MatrixEventEvent.Decrypted, takeDetails)
  for (const room of client.getRooms())
    for (const event of room.getLiveTimeline().getEvents()) onTimeline(event)

  function takeDetails(event: MatrixEvent): void {
    if (event.getType() !== caseDetailsEventType || event.status !== null || event.isDecryptionFailure())
      return
    const relation = event.getWireContent()['m.relates_to'] as
      | { rel_type?: unknown; event_id?: unknown }
      | undefined
    const roomId = event.getRoomId()
    // A form that did not come encrypted is not a form.
    if (
      !event.isEncrypted() ||
      relation?.rel_type !== 'm.thread' ||
      typeof relation.event_id !== 'string' ||
      !roomId
    )
      return
    const parsed = caseDetailsSchema.safeParse(event.getContent())
    if (!parsed.success) return
    const caseId = relation.event_id
    const record: KeptDetails = {
      ...parsed.data,
      caseId,
      roomId,
      sender: event.getSender() ?? '',
      ts: event.getTs(),
    }
    void loadDetails().then(async () => {
      const before = details.get(caseId)
      if (closed || gone.has(caseId) || (before && before.ts >= record.ts)) return
      details.set(caseId, record)
      await database.put('case_details', caseId, record).catch(() => undefined)
      detailsVersion.update((n) => n + 1)
    })
  }

  function loadDetails(): Promise<void> {
    loadingDetails ??= database.all('case_details').then(
      (all) => {
        for (const value of all) {
          const parsed = keptDetailsSchema.safeParse(value)
          if (parsed.success) details.set(parsed.data.caseId, parsed.data)
        }
      },
      () => undefined,
    )
    return loadingDetails
  }

  async function loadInstitutions(): Promise<void> {
    const keptList = await database.get('facts', 'institutions').catch(() => undefined)
    if (Array.isArray(keptList) && institutions.get().size === 0) setInstitutions(keptList as Institution[])
    const answer = await api.institutions().catch(() => undefined)
    if (!answer || closed) return
    setInstitutions(answer)
    await database.put('facts', 'institutions', answer).catch(() => undefined)
  }
  const setInstitutions = (list: readonly Institution[]) =>
    institutions.set(new Map(list.map((one) => [one.key, one])))
  void loadInstitutions()

  function actor(): Actor | undefined {
    const own = me.get()
    const parsed = actorSchema.safeParse({ institution: own?.institution?.key, role: own?.role })
    return parsed.success ? parsed.data : undefined
  }

  function learn(events: readonly TimelineEvent[]): CaseState | undefined {
    for (const event of events) take(event)
    reduce()
    const root = events.find((event) => event.type === caseEventType)
    return root && known.get().get(root.event_id)
  }

  return {
    api: casesApi,
    send,
    known,
    arrivals,
    institutions,
    detailsVersion,
    actor,
    learn,
    takeDetails,
    async kept(caseId) {
      const parsed = keptFileSchema.safeParse(await database.get('case_files', caseId).catch(() => undefined))
      return parsed.success ? parsed.data.events : undefined
    },
    async keep(caseId, events) {
      if (gone.has(caseId)) return
      await database.put('case_files', caseId, { id: caseId, at: Date.now(), events })
      const all = (await database.all('case_files')).flatMap((value) => {
        const parsed = keptFileSchema.safeParse(value)
        return parsed.success ? [parsed.data] : []
      })
      if (all.length <= MAX_FILES) return
      const oldest = all.sort((a, b) => a.at - b.at).slice(0, all.length - MAX_FILES)
      await database.remove(
        'case_files',
        oldest.map((one) => one.id),
      )
    },
    forget(caseIds) {
      const next = new Map(known.get())
      for (const id of caseIds) {
        gone.add(id)
        for (const one of groups.get(id)?.keys() ?? []) caseOf.delete(one)
        groups.delete(id)
        dirty.delete(id)
        details.delete(id)
        next.delete(id)
      }
      if (caseIds.size === 0) return
      known.set(next)
      detailsVersion.update((n) => n + 1)
    },
    async step(caseId, draft, txnId) {
      const state = known.get().get(caseId)
      const by = actor()
      if (!state || !by) throw new Error('The case is not open, or the account has no institution.')
      await send.envelope(state.roomId, caseUpdateEventType, caseUpdateContent(state, by, draft), txnId)
    },
    async details(caseId) {
      await loadDetails()
      return details.get(caseId)
    },
    async similar(values, except) {
      await loadDetails()
      return [...details.values()].filter(
        (one) => one.caseId !== except && maybeSamePerson(one.values, values),
      )
    },
    close() {
      closed = true
      client.off(RoomStateEvent.Events, onState)
      client.off(RoomEvent.Timeline, onTimeline)
      client.off(RoomEvent.Redaction, onRedaction)
      client.off(MatrixEventEvent.Decrypted, takeDetails)
      reduceSoon.cancel()
    },
  }
}

/** A case event of the SDK as the reducers take it; undefined for all others and for what is not sent yet. */
export function rawOf(event: MatrixEvent): TimelineEvent | undefined {
  const id = event.getId()
  const sender = event.getSender()
  // An envelope is what servers see too; one that came encrypted would exist on this side only.
  if (event.isEncrypted()) return undefined
  if (!TYPES.includes(event.getType()) || event.status !== null || !id || !sender || event.isState())
    return undefined
  return {
    event_id: id,
    room_id: event.getRoomId(),
    type: event.getType(),
    sender,
    origin_server_ts: event.getTs(),
    content: event.getContent(),
  }
}

function targetOf(event: TimelineEvent): string | undefined {
  const relation = (event.content as { 'm.relates_to'?: { event_id?: unknown } } | null)?.['m.relates_to']
  return typeof relation?.event_id === 'string' ? relation.event_id : undefined
}

const isEmpty = (content: unknown) =>
  typeof content !== 'object' || content === null || Object.keys(content).length === 0
