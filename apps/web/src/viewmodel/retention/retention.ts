import {
  DAY_MS,
  type HoldReason,
  holdEventType,
  type RetentionSubject,
  retentionEventType,
} from '@enlace/coordination'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { createStore, type ReadableStore } from '../../lib/store.ts'
import {
  fetchRetention,
  previewShorter,
  type RetentionOverview,
  type RetentionPreview,
  type ShorterDays,
} from '../../model/retention/retention-api.ts'
import type { Session } from '../../model/session/types.ts'

export type {
  RetentionOverview,
  RetentionPreview,
  ShownErasure,
} from '../../model/retention/retention-api.ts'

const REVIEW_DAYS = 90

export interface RetentionModel {
  readonly state: ReadableStore<{ overview?: RetentionOverview; failure?: Failure }>
  channelName(roomId: string): string
  refresh(): Promise<void>
  preview(roomId: string, subject: RetentionSubject, days: number): Promise<RetentionPreview>
  shorten(roomId: string, subject: RetentionSubject, days: number): Promise<void>
  placeHold(roomId: string, caseId: string, reason: HoldReason): Promise<void>
  liftHold(roomId: string, about: string): Promise<void>
  close(): void
}

/** How long things stay in the channels of the person, and what their institution decides about it. */
export function createRetention(
  session: Pick<Session, 'request' | 'client' | 'cases'>,
  now: () => number = Date.now,
): RetentionModel {
  const state = createStore<{ overview?: RetentionOverview; failure?: Failure }>({})
  let closed = false

  async function refresh(): Promise<void> {
    try {
      const overview = await fetchRetention(session.request)
      if (!closed) state.set({ overview })
    } catch (error) {
      const { overview } = state.get()
      if (!closed) state.set({ ...(overview ? { overview } : {}), failure: failureOf(error) })
    }
  }

  const channelOf = (roomId: string) => state.get().overview?.channels.find((one) => one.room_id === roomId)
  const ownInstitution = () => state.get().overview?.institution ?? ''
  /** All that the institution has set, with this in place of what it had set for the subject. */
  function withDays(roomId: string, subject: RetentionSubject, days: number): ShorterDays {
    const own = channelOf(roomId)?.rules.find((one) => one.institution === ownInstitution())
    return { ...own?.shorter, [subject]: days }
  }

  async function say(roomId: string, type: string, content: object, heads: readonly string[]): Promise<void> {
    const by = { institution: ownInstitution(), role: 'coordinator' }
    const after = heads.length > 0 ? { after: [...heads] } : {}
    // In the clear: servers are who deletes, and the SDK would encrypt it.
    const txnId = session.client.makeTxnId()
    await session.cases.send.envelope(roomId, type, { by, ...after, ...content }, txnId)
    await refresh()
  }

  const holdAbout = (roomId: string, about: string) => ({
    heads: channelOf(roomId)?.hold_heads[about] ?? [],
    relation: about === roomId ? {} : { 'm.relates_to': { rel_type: 'm.reference', event_id: about } },
  })

  void refresh()
  return {
    state,
    channelName: (roomId) => session.client.getRoom(roomId)?.name ?? roomId,
    refresh,
    preview: (roomId, subject, days) =>
      previewShorter(session.request, roomId, withDays(roomId, subject, days)),
    async shorten(roomId, subject, days) {
      const channel = channelOf(roomId)
      const own = channel?.rules.find((one) => one.institution === ownInstitution())
      const law = own && own.law.length > 0 ? { law: own.law } : {}
      const content = { shorter: withDays(roomId, subject, days), ...law }
      await say(roomId, retentionEventType, content, channel?.rule_heads[ownInstitution()] ?? [])
    },
    async placeHold(roomId, caseId, reason) {
      const { heads, relation } = holdAbout(roomId, caseId)
      const content = { ...relation, hold: 'place', reason, review_ts: now() + REVIEW_DAYS * DAY_MS }
      await say(roomId, holdEventType, content, heads)
    },
    async liftHold(roomId, about) {
      const { heads, relation } = holdAbout(roomId, about)
      await say(roomId, holdEventType, { ...relation, hold: 'lift' }, heads)
    },
    close() {
      closed = true
    },
  }
}
