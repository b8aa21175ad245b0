import { ClientEvent, type MatrixEvent } from 'matrix-js-sdk'
import { z } from 'zod'
import { failureOf } from '../../lib/failure.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import { openMessage } from '../../model/reports/message-opening.ts'
import {
  actOnDecision,
  actOnReport,
  answerAppeal,
  decisionPath,
  fetchDecisions,
  fetchDesk,
  fetchFiled,
  fetchReaders,
  fetchReport,
  type OpenedReport,
} from '../../model/reports/reports-api.ts'
import type { Session } from '../../model/session/types.ts'
import { withProof } from '../session/with-proof.ts'
import { listedIn } from './listed.ts'
import type { Decision, ReportNews, ReportsModel, ReportsState, ShownMessage, ShownReport } from './types.ts'

/** Account data the node writes; news of a report comes with it. */
const ALERTS_TYPE = 'org.enlace.alerts'

const messageSchema = z.looseObject({
  msgtype: z.string(),
  body: z.string().max(65_536),
  filename: z.string().optional(),
})
const editSchema = z.looseObject({ 'm.new_content': messageSchema })

function shown({ type, content }: { type: string; content: Record<string, unknown> }): ShownMessage {
  const edit = editSchema.safeParse(content)
  const parsed = messageSchema.safeParse(edit.success ? edit.data['m.new_content'] : content)
  if (type !== 'm.room.message' || !parsed.success) return { type: 'unsupported' }
  const { msgtype, body, filename } = parsed.data
  if (msgtype === 'm.text' || msgtype === 'm.notice' || msgtype === 'm.emote')
    return { type: 'text', text: body }
  return { type: 'file', name: filename ?? body }
}

/** What this device was shown, as far as the encrypted event bears it out. */
async function shownReport(session: Session, opened: OpenedReport): Promise<ShownReport> {
  const { ref, evidence, room_id, reporter } = opened
  const disclosed = session.disclosures.of(ref)
  const messages: ShownMessage[] = []
  let tried = false
  for (const event of evidence) {
    const { ciphertext, session_id } = event.content
    if (typeof ciphertext !== 'string' || typeof session_id !== 'string' || room_id === undefined) continue
    for (const { key } of disclosed.flatMap(({ keys }) =>
      keys.filter((one) => one.event_id === event.event_id),
    )) {
      tried = true
      const found = await openMessage(key, { ciphertext, sessionId: session_id, roomId: room_id })
      if (!found) continue
      messages.push(shown(found))
      break
    }
  }
  const missing = !opened.disclosed
    ? 'not_shown'
    : evidence.length === 0
      ? 'kept'
      : tried
        ? 'not_opened'
        : 'not_here'
  if (messages.length === 0 && missing === 'not_here' && reporter !== undefined)
    void session.disclosures.ask(ref, reporter)
  return {
    ...opened,
    messages,
    ...(messages.length > 0 ? {} : { missing }),
    // Of nobody else: whoever sends a note does not speak for the reporter.
    words: disclosed.find(({ sender }) => sender === reporter)?.words ?? '',
    ...(await elsewhere(session, opened)),
  }
}

/** Where this coordination was shown a message of another institution's person, whose coordination may not have been. */
async function elsewhere(session: Session, report: OpenedReport): Promise<Pick<ShownReport, 'elsewhere'>> {
  if (report.ours || !report.room_id || !report.event_id || !report.disclosed) return {}
  const own = session.me.get()?.institution?.key
  const desks = await fetchReaders(session.request, report.room_id, report.event_id).catch(() => [])
  const other = desks.find((desk) => desk.institution !== own && desk.coordinators.length > 0)
  const coordinators = other ? await listedIn(session, other) : []
  return other && coordinators.length > 0
    ? { elsewhere: { name: other.institution ?? other.server, coordinators } }
    : {}
}

export function createReports(session: Session): ReportsModel {
  const state = createStore<ReportsState>({})
  let closed = false

  async function refresh(): Promise<void> {
    const { request } = session
    try {
      const coordinates = session.me.get()?.role === 'coordinator'
      const [filed, decisions, desk] = await Promise.all([
        fetchFiled(request),
        fetchDecisions(request),
        coordinates ? fetchDesk(request) : undefined,
      ])
      if (!closed) state.set({ filed, decisions, ...(desk ? { desk } : {}) })
    } catch (error) {
      if (!closed) state.set({ ...state.get(), failure: failureOf(error) })
    }
  }
  const refreshSoon = coalesce(() => void refresh(), 100, 1_000)
  const onAccountData = (event: MatrixEvent) => {
    if (event.getType() === ALERTS_TYPE) refreshSoon()
  }
  session.client.on(ClientEvent.AccountData, onAccountData)
  const stops = [session.me.subscribe(refreshSoon), session.disclosures.version.subscribe(refreshSoon)]
  void refresh()

  return {
    state,
    refresh,
    open: async (id) => shownReport(session, await fetchReport(session.request, id)),
    async act(id, what) {
      await actOnReport(session.request, id, what)
      await refresh()
    },
    async decide(id, act, reason) {
      await actOnReport(session.request, id, 'decide', { act, reason })
      await refresh()
    },
    async suspend(id, reason, proof) {
      const problem = await withProof(session, 'POST', decisionPath(id), { act: 'suspend', reason }, proof)
      if (problem === undefined) await refresh()
      return problem
    },
    async answer(id, outcome, reason) {
      await answerAppeal(session.request, id, { outcome, reason })
      await refresh()
    },
    async appeal(id, words) {
      await actOnDecision(session.request, id, 'appeal', { words })
      await refresh()
    },
    async handOn({ ref, elsewhere: other }) {
      if (other) await session.disclosures.handOn(ref, other.coordinators)
    },
    close() {
      closed = true
      refreshSoon.cancel()
      session.client.off(ClientEvent.AccountData, onAccountData)
      for (const stop of stops) stop()
    },
  }
}

export function createReportNews(session: Session): ReportNews {
  const warnings = createStore<readonly Decision[]>([])
  const desk = createStore(0)
  let closed = false

  async function refresh(): Promise<void> {
    const { request } = session
    const own = await fetchDecisions(request).catch(() => undefined)
    const theirs =
      session.me.get()?.role === 'coordinator' ? await fetchDesk(request).catch(() => undefined) : undefined
    if (closed) return
    if (own) warnings.set(own.filter((one) => one.kind === 'warning' && one.acknowledged_ts === undefined))
    if (theirs)
      desk.set(
        theirs.reports.filter(({ state }) => state === 'new').length +
          theirs.decisions.filter(({ answerable }) => answerable !== 'no').length,
      )
  }
  const refreshSoon = coalesce(() => void refresh(), 100, 1_000)
  const onAccountData = (event: MatrixEvent) => {
    if (event.getType() === ALERTS_TYPE) refreshSoon()
  }
  session.client.on(ClientEvent.AccountData, onAccountData)
  const stops = [
    session.me.subscribe(refreshSoon),
    session.connection.subscribe(() => session.connection.get() === 'online' && refreshSoon()),
  ]
  refreshSoon()
  return {
    warnings,
    desk,
    refresh: refreshSoon,
    async acknowledge(id) {
      await actOnDecision(session.request, id, 'acknowledge')
      await refresh()
    },
    close() {
      closed = true
      refreshSoon.cancel()
      session.client.off(ClientEvent.AccountData, onAccountData)
      for (const stop of stops) stop()
    },
  }
}
