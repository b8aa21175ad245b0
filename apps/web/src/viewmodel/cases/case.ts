import {
  type CaseLink,
  type CaseRow,
  type CaseState,
  type CaseStep,
  caseExportEventType,
  caseRow,
  flagsOf,
  possibleSteps,
  reduceCaseExports,
} from '@enlace/coordination'
import { type MatrixEvent, MatrixEventEvent, RoomEvent } from 'matrix-js-sdk'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import { everyWhileSeen } from '../../lib/while-seen.ts'
import type { BoardRow, KeptDetails } from '../../model/cases/records.ts'
import type { Session } from '../../model/session/types.ts'
import { viewOf } from '../../model/timeline/event-view.ts'
import { inThread } from '../../model/timeline/outgoing.ts'
import type { EventView } from '../../model/timeline/types.ts'
import { isShut } from '../history/helpers.ts'
import { documentFacts } from '../media/document.ts'
import type { CaseModel, CaseView } from './types.ts'

const TICK_MS = 30_000
const PAGE = 100
const MAX_PAGES = 20

/** Whether a linked case has come far enough for the one that waits for it to go on. */
export function isReady(row: CaseRow): boolean {
  return row.times.issued !== undefined || row.times.done !== undefined || row.times.delivered !== undefined
}

export function createCase(session: Session, caseId: string): CaseModel {
  const { client, cases } = session
  const thread = new Map<string, MatrixEvent>()
  const linked = new Map<string, CaseRow | 'no_access'>()
  const askedLinks = new Set<string>()
  const uploaded = new Map<string, string>()
  let escalation: BoardRow['escalation']
  let details: KeptDetails | undefined
  let duplicates: readonly KeptDetails[] = []
  let loading = true
  let stale = false
  let missing = false
  let failure: Failure | undefined
  let threadFailure: Failure | undefined
  let threadLoaded = false
  let closed = false
  const view = createStore<CaseView>(build())

  function build(): CaseView {
    const state = cases.known.get().get(caseId)
    const now = Date.now()
    const by = cases.actor()
    const row = state && caseRow(state)
    const views = [...thread.values()]
      .flatMap((event) => viewOf(event, client.getRoom(event.getRoomId())) ?? [])
      .sort((a, b) => a.ts - b.ts || (a.id < b.id ? -1 : 1))
    const documentIds = new Set(state?.documents.map((one) => one.eventId))
    return {
      ...(state ? { state } : {}),
      ...(row
        ? {
            row: {
              ...row,
              flags: flagsOf(row, now, escalation !== undefined),
              ...(escalation ? { escalation } : {}),
            },
          }
        : {}),
      steps: state && by ? possibleSteps(state, by) : [],
      links: linksOf(state).map((link) => {
        const its = linkedRow(link.event_id)
        return { link, ...(its ? { row: its } : {}) }
      }),
      ...(details ? { details } : {}),
      closed: [...thread.values()].filter(isShut).length,
      exports: exportsIn(thread.values()),
      notes: views.filter((one) => isNote(one) && !documentIds.has(one.id)),
      documents: new Map(
        views.filter((one) => isNote(one) && documentIds.has(one.id)).map((one) => [one.id, one]),
      ),
      duplicates: duplicates.filter((one) => !linksOf(state).some((link) => link.event_id === one.caseId)),
      loading,
      stale,
      missing,
      ...(failure ? { failure } : {}),
      ...(threadFailure ? { threadFailure } : {}),
      now,
    }
  }

  function linkedRow(id: string): CaseRow | 'no_access' | undefined {
    const own = cases.known.get().get(id)
    return own ? caseRow(own) : linked.get(id)
  }

  const show = () => {
    if (closed) return
    view.set(build())
    askLinks()
  }
  const showSoon = coalesce(show, 40, 160)

  async function refresh(): Promise<void> {
    try {
      const file = await cases.api.one(caseId)
      if (closed) return
      failure = undefined
      stale = false
      if (file) {
        escalation = file.escalation
        const state = cases.learn(file.events)
        missing = state === undefined
        void cases.keep(caseId, file.events).catch(() => undefined)
      } else {
        // A server without a board, or a case in a room this person is not in: the timelines may know it.
        missing = !cases.known.get().has(caseId)
      }
    } catch (error) {
      if (closed) return
      failure = failureOf(error)
      if (failure.kind === 'refused' && failure.rule === 'case.erased') return forgetAll()
      const kept = await cases.kept(caseId)
      if (kept) cases.learn(kept)
      stale = true
      missing = false
    }
    loading = false
    show()
    await loadThread()
    await compare()
  }

  /** Its time was over: nothing of it is shown, whatever this page has of it. */
  function forgetAll(): void {
    cases.forget(new Set([caseId]))
    thread.clear()
    linked.clear()
    details = undefined
    duplicates = []
    loading = false
    missing = false
    stale = false
    show()
  }

  async function loadThread(): Promise<void> {
    const roomId = cases.known.get().get(caseId)?.roomId
    if (closed || threadLoaded || !roomId || !client.getRoom(roomId)) return
    for (const event of client.getRoom(roomId)!.getLiveTimeline().getEvents()) takeThread(event)
    try {
      let from: string | undefined
      for (let page = 0; page < MAX_PAGES; page++) {
        const answer = await client.relations(roomId, caseId, 'm.thread', null, {
          limit: PAGE,
          ...(from ? { from } : {}),
        })
        if (closed) return
        for (const event of answer.events) takeThread(event)
        from = answer.nextBatch ?? undefined
        if (!from) break
      }
      threadLoaded = true
      threadFailure = undefined
    } catch (error) {
      threadFailure = failureOf(error)
    }
    show()
  }

  function takeThread(event: MatrixEvent): boolean {
    const relation = event.getWireContent()['m.relates_to'] as
      | { rel_type?: unknown; event_id?: unknown }
      | undefined
    const id = event.getId()
    if (!id || event.status !== null || relation?.rel_type !== 'm.thread' || relation.event_id !== caseId)
      return false
    // The timeline's copy is preferred: redactions and edits reach only that one.
    const room = event.getRoomId() ? client.getRoom(event.getRoomId()) : undefined
    thread.set(id, room?.findEventById(id) ?? event)
    cases.takeDetails(event)
    return true
  }

  async function compare(): Promise<void> {
    details = await cases.details(caseId)
    duplicates = details ? await cases.similar(details.values, caseId) : []
    show()
  }

  function askLinks(): void {
    for (const { event_id } of linksOf(cases.known.get().get(caseId))) {
      if (askedLinks.has(event_id) || cases.known.get().has(event_id)) continue
      askedLinks.add(event_id)
      void cases.api.one(event_id).then(
        (file) => {
          linked.set(event_id, file ? file.row : 'no_access')
          showSoon()
        },
        () => askedLinks.delete(event_id),
      )
    }
  }

  const onTimeline = (event: MatrixEvent) => {
    if (takeThread(event)) showSoon()
  }
  const onDecrypted = (event: MatrixEvent) => {
    if (takeThread(event) || thread.has(event.getId() ?? '')) showSoon()
  }
  const refreshSoon = coalesce(() => void refresh(), 400, 2_000)
  client.on(RoomEvent.Timeline, onTimeline)
  client.on(MatrixEventEvent.Decrypted, onDecrypted)
  client.on(MatrixEventEvent.Replaced, onDecrypted)
  const stops = [
    cases.known.subscribe(showSoon),
    cases.detailsVersion.subscribe(() => void compare()),
    session.escalations.all.subscribe(refreshSoon),
    session.me.subscribe(showSoon),
    session.erasures.version.subscribe(() => void refresh()),
    session.people.version.subscribe(showSoon),
    session.connection.subscribe(() => {
      if (session.connection.get() === 'online') refreshSoon()
    }),
  ]
  const stopTicking = everyWhileSeen(TICK_MS, show)
  // What is known already is shown at once.
  void cases.kept(caseId).then((kept) => {
    if (kept && !cases.known.get().has(caseId)) cases.learn(kept)
  })
  void refresh()

  return {
    caseId,
    view,
    refresh,
    async take(input, attempt, onProgress) {
      const state = cases.known.get().get(caseId)
      if (!state) return { kind: 'offline' }
      try {
        let { draft } = input
        if (input.file) {
          const { blob, type } = input.file
          const key = `${attempt}:${blob.name}:${blob.size}:${blob.lastModified}`
          const eventId =
            uploaded.get(key) ??
            (await cases.send.document(
              state.roomId,
              caseId,
              { file: blob, type, facts: await documentFacts(blob) },
              `f${attempt}${uploaded.size}`,
              onProgress,
            ))
          uploaded.set(key, eventId)
          draft = { ...draft, document: { type, event_id: eventId } }
        }
        await cases.step(caseId, draft, `s${attempt}`)
        if (input.note) await sendNote(state.roomId, input.note)
        await refresh()
        return undefined
      } catch (error) {
        const problem = failureOf(error)
        // The case may have moved on meanwhile: what is offered next is what is possible now.
        if (problem.kind === 'refused') void refresh()
        return problem
      }
    },
    async note(text) {
      const state = cases.known.get().get(caseId)
      if (state) await sendNote(state.roomId, text)
    },
    async shareAgain() {
      const state = cases.known.get().get(caseId)
      if (!state || !details) return { kind: 'offline' }
      const { kind, values, about } = details
      try {
        await cases.send.details(
          state.roomId,
          caseId,
          { kind, values, ...(about ? { about } : {}) },
          `r${crypto.randomUUID()}`,
        )
        return undefined
      } catch (error) {
        return failureOf(error)
      }
    },
    close() {
      closed = true
      stopTicking()
      client.off(RoomEvent.Timeline, onTimeline)
      client.off(MatrixEventEvent.Decrypted, onDecrypted)
      client.off(MatrixEventEvent.Replaced, onDecrypted)
      for (const stop of stops) stop()
      showSoon.cancel()
      refreshSoon.cancel()
    },
  }

  function sendNote(roomId: string, text: string): Promise<void> {
    return session.outbox.send(roomId, {
      msgtype: 'm.text',
      body: text,
      'm.mentions': {},
      'm.relates_to': inThread(caseId),
    })
  }
}

function linksOf(state: CaseState | undefined): CaseLink[] {
  if (!state) return []
  return [
    ...state.links,
    ...(state.duplicateOf ? [{ ...state.duplicateOf, rel: 'duplicate_of' as const }] : []),
  ]
}

/** Those that came encrypted: what a server could write itself is nobody's word. */
function exportsIn(thread: Iterable<MatrixEvent>) {
  const events = [...thread].filter((one) => one.getType() === caseExportEventType && one.isEncrypted())
  return reduceCaseExports(
    events.map((one) => ({
      event_id: one.getId() ?? '',
      type: one.getType(),
      sender: one.getSender() ?? '',
      origin_server_ts: one.getTs(),
      content: one.getContent(),
    })),
  )
}

/** What came unencrypted is nobody's note, and no document. */
const isNote = (view: EventView) =>
  view.redacted || (view.body !== undefined && view.body.type !== 'unencrypted')

/** The step that takes another one back, where there is one. */
export const undoOf: Partial<Record<CaseStep, CaseStep>> = {
  reject: 'reopen',
  close: 'reopen',
  revoke: 'reopen',
  offer_transfer: 'withdraw_transfer',
  mark_duplicate: 'unmark_duplicate',
}
