/** What the pages of meetings show, and what people do there. */
import type { Actor } from '@enlace/coordination'
import {
  canonicalMinutes,
  type MeetingRecord,
  type MeetingState,
  type MeetingStepDraft,
  minutesStatement,
  type Signature,
  signaturesOf,
} from '@enlace/coordination/meetings'
import { sha256 } from '@noble/hashes/sha2.js'
import { toBase64 } from '../../lib/base64.ts'
import { type Failure, failureIn, failureOf } from '../../lib/failure.ts'
import { createStore, type ReadableStore } from '../../lib/store.ts'
import { trustFiles } from '../../model/institution/institution-api.ts'
import type { AttachmentBody } from '../../model/media/types.ts'
import { holdMeetings } from '../../model/meetings/meetings.ts'
import type { Session } from '../../model/session/types.ts'
import { institutionsOf } from '../institution/institutions.ts'
import type { MinutesWord } from '../institution/types.ts'
import { createDocumentSender, documentBody } from './meeting-documents.ts'

export interface MeetingsView {
  meetings: readonly MeetingState[]
  waiting: number
  asked: boolean
  stuck?: Failure
  failure?: Failure
  actor?: Actor
}

export interface NewMeeting {
  roomId: string
  title: string
  place: string
  country: 'HN' | 'GT'
  startsAt: number
  /** others than one's own */
  institutions: string[]
  follows?: MeetingState
}

export interface MeetingsModel {
  readonly view: ReadableStore<MeetingsView>
  one(id: string): MeetingState | undefined
  /** Stays while the page is open, also when what waited is sent. */
  keyOf(state: MeetingState): string
  /** The meeting whose commitments a meeting looks at first, if this device knows it. */
  before(state: MeetingState): MeetingState | undefined
  signatures(state: MeetingState): Signature[]
  /** Whether a signature is of the institution's own key; undefined: it was made without it. */
  keyWord(state: MeetingState, signature: Signature): Promise<MinutesWord | undefined>
  /** Whether all of the minutes is here, sent and readable, and this person may sign. */
  maySign(state: MeetingState): boolean
  convene(meeting: NewMeeting): Promise<Failure | string>
  write(state: MeetingState, record: MeetingRecord): Promise<Failure | undefined>
  step(state: MeetingState, draft: MeetingStepDraft, record?: MeetingRecord): Promise<Failure | undefined>
  sign(state: MeetingState): Promise<Failure | undefined>
  /** Sends a file to the meeting's thread, and notes it in the minutes. Needs the network, unlike what is written. */
  attach(
    state: MeetingState,
    file: File,
    title: string,
    onProgress: (part: number) => void,
  ): Promise<Failure | undefined>
  /** What a document's message carries; undefined: not to be had here now. */
  document(state: MeetingState, eventId: string): Promise<AttachmentBody | undefined>
  /** The signed minutes as a file to be verified outside of Enlace. Needs the network: the file brings its list of keys. */
  save(state: MeetingState): Promise<Failure | Blob>
  refresh(): Promise<void>
  retry(): void
  discard(): Promise<void>
  close(): void
}

/** SHA-256 of UTF-8 text, unpadded URL-safe Base64. */
const digest = (text: string): string =>
  toBase64(sha256(new TextEncoder().encode(text)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

export function createMeetingsModel(session: Session): MeetingsModel {
  const { value: model, release } = holdMeetings(session)
  const view = createStore<MeetingsView>({ meetings: [], waiting: 0, asked: false })

  const sendDocument = createDocumentSender(session)

  function show(): void {
    const stuck = model.stuck.get()
    const failure = model.failure.get()
    const actor = session.cases.actor()
    view.set({
      meetings: model.all.get(),
      waiting: model.queue.get().length,
      asked: model.asked.get(),
      ...(stuck ? { stuck } : {}),
      ...(failure ? { failure } : {}),
      ...(actor ? { actor } : {}),
    })
  }
  const stops = [model.all, model.queue, model.stuck, model.asked, model.failure, session.me].map((one) =>
    one.subscribe(show),
  )
  show()

  const one = (id: string) => {
    const known = model.idOf(id)
    return model.all.get().find((state) => state.id === known || state.id === id)
  }
  const isSent = (state: MeetingState) => !model.queue.get().some((queued) => queued.meeting === state.id)

  return {
    view,
    one,
    keyOf: (state) => model.keyOf(state.id),
    before: (state) => state.follows && one(state.follows.event_id),
    signatures: (state) => signaturesOf(state, digest),
    async keyWord(state, { institution, sha256, key }) {
      const statement = minutesStatement({ meeting: state.id, institution, sha256 })
      return key && institutionsOf(session).minutesWord(statement, key)
    },
    maySign(state) {
      const by = session.cases.actor()
      return (
        by !== undefined &&
        by.role !== 'staff' &&
        state.institutions.includes(by.institution) &&
        isSent(state) &&
        canonicalMinutes(state) !== undefined
      )
    },
    async convene({ roomId, title, place, country, startsAt, institutions, follows }) {
      const own = session.cases.actor()?.institution
      if (own === undefined) return { kind: 'refused' }
      try {
        const content = {
          institutions: [own, ...institutions.filter((key) => key !== own)],
          conveners: [own],
          starts_ts: startsAt,
          ...(follows ? { follows: { event_id: follows.id, room_id: follows.roomId } } : {}),
        }
        return await model.open(roomId, content, { what: 'details', title, place, country })
      } catch (error) {
        return failureOf(error)
      }
    },
    write: (state, record) => failureIn(model.step(state.id, { step: 'record' }, record)),
    step: (state, draft, record) => failureIn(model.step(state.id, draft, record)),
    async sign(state) {
      const minutes = canonicalMinutes(state)
      if (minutes === undefined || !isSent(state)) return { kind: 'offline' }
      const institution = session.cases.actor()?.institution
      if (institution === undefined) return { kind: 'refused' }
      const sha256 = digest(minutes)
      const statement = minutesStatement({ meeting: state.id, institution, sha256 })
      const key = await institutionsOf(session)
        .signMinutes(statement)
        .catch(() => undefined)
      const record = { what: 'sign' as const, sha256, ...(key ? { key } : {}) }
      return failureIn(model.step(state.id, { step: 'record' }, record))
    },
    async attach(state, file, title, onProgress) {
      // A thread begins with an event that exists.
      if (model.queue.get().some((queued) => queued.id === state.id)) return { kind: 'offline' }
      try {
        const event_id = await sendDocument(state, file, onProgress)
        await model.step(state.id, { step: 'record' }, { what: 'document', title, event_id })
        return undefined
      } catch (error) {
        return failureOf(error)
      }
    },
    document: (state, eventId) => documentBody(session, state, eventId).catch(() => undefined),
    async save(state) {
      if (!isSent(state)) return { kind: 'offline' }
      try {
        const { savedMinutes } = await import('./minutes-save.ts')
        const text = await savedMinutes(state, signaturesOf(state, digest), trustFiles(session), Date.now())
        return text === undefined ? { kind: 'offline' } : new Blob([text], { type: 'application/json' })
      } catch (error) {
        return failureOf(error)
      }
    },
    refresh: model.refresh,
    retry: model.retry,
    discard: model.discard,
    close() {
      for (const stop of stops) stop()
      release()
    },
  }
}
