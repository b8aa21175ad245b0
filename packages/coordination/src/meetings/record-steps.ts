/** What each record of a meeting does, and who may write it. */
import type { Actor } from '../cases/case-events.ts'
import type { MeetingRecord, RecordOf } from './meeting-records.ts'
import type { MeetingRefusal, MeetingState, Paragraph, ParagraphVersion, Stamp } from './meeting-state.ts'

/** Why a participant may not write this now; undefined: it may. `seen`: whether the writer had seen that the meeting is over. */
export function recordRefusal(
  state: MeetingState,
  by: Actor,
  record: MeetingRecord,
  seen: boolean,
): MeetingRefusal | undefined {
  if (!state.institutions.includes(by.institution)) return 'not_a_participant'
  const leads = by.role !== 'staff'
  const convenes = leads && state.conveners.includes(by.institution)
  switch (record.what) {
    case 'details':
      return convenes ? whileOpen(seen) : 'not_entitled'
    case 'agenda': {
      const known = state.agenda.find((one) => one.id === record.item)
      if (record.item !== undefined && !known) return 'unknown_target'
      // Anybody proposes; what is agreed, and what becomes of others' proposals, the conveners say.
      if (!convenes && record.status === 'agreed') return 'not_entitled'
      if (!convenes && known && known.by.institution !== by.institution) return 'not_entitled'
      return whileOpen(seen)
    }
    case 'paragraph':
      return record.paragraph !== undefined && !state.paragraphs.some((one) => one.id === record.paragraph)
        ? 'unknown_target'
        : undefined
    case 'attendance':
      if (!state.institutions.includes(record.institution)) return 'unknown_target'
      if (record.institution !== by.institution && !convenes) return 'not_entitled'
      return whileOpen(seen)
    case 'answer':
      return whileOpen(seen)
    case 'decision':
      return leads ? whileOpen(seen) : 'not_entitled'
    case 'vote':
      if (!state.decisions.some((one) => one.id === record.decision)) return 'unknown_target'
      return leads ? whileOpen(seen) : 'not_entitled'
    case 'sign':
      return leads ? undefined : 'not_entitled'
    case 'document':
    case 'commitment':
    case 'progress':
    case 'next':
      return undefined
  }
}

const whileOpen = (seen: boolean): MeetingRefusal | undefined => (seen ? 'closed' : undefined)

export function applyRecord(state: MeetingState, record: MeetingRecord, stamp: Stamp): void {
  switch (record.what) {
    case 'details': {
      const { what: _, ...details } = record
      state.details = details
      return
    }
    case 'agenda':
      propose(state, record, stamp)
      return
    case 'paragraph':
      write(state, record, stamp)
      return
    case 'attendance':
      state.attendance.set(record.institution, record.people)
      return
    case 'answer':
      state.answers.set(stamp.by.institution, record.answer)
      return
    case 'decision':
      decide(state, record, stamp)
      return
    case 'vote':
      state.decisions
        .find((one) => one.id === record.decision)!
        .votes.set(stamp.by.institution, record.choice)
      return
    case 'document':
      state.documents.push({ ...stamp, title: record.title, document: record.event_id })
      return
    case 'sign':
      state.signatures.set(stamp.by.institution, {
        ...stamp,
        sha256: record.sha256,
        ...(record.key ? { key: record.key } : {}),
      })
      return
    case 'commitment':
    case 'progress':
    case 'next':
      return
  }
}

function propose(state: MeetingState, record: RecordOf<'agenda'>, stamp: Stamp): void {
  const { title, order, status } = record
  const known = state.agenda.find((one) => one.id === record.item)
  // Whose proposal it was stays so.
  if (known) Object.assign(known, { title, order, status })
  else state.agenda.push({ ...stamp, id: stamp.eventId, title, order, status })
}

function decide(state: MeetingState, record: RecordOf<'decision'>, stamp: Stamp): void {
  const { text, how, quorum, item } = record
  const votes: MeetingState['decisions'][number]['votes'] = new Map()
  state.decisions.push({ ...stamp, id: stamp.eventId, text, how, quorum, ...(item ? { item } : {}), votes })
}

function write(state: MeetingState, record: RecordOf<'paragraph'>, stamp: Stamp): void {
  const version: ParagraphVersion = { ...stamp, text: record.text, bases: record.bases ?? [] }
  const known = state.paragraphs.find((one) => one.id === record.paragraph)
  if (!known) {
    const { item } = record
    state.paragraphs.push({
      id: stamp.eventId,
      text: version.text,
      versions: [version],
      apart: [],
      ...(item ? { item } : {}),
    })
    return
  }
  known.versions.push(version)
  known.text = version.text
  known.apart = apartOf(known)
}

/** Versions the one that stands does not build upon, directly or through others. */
function apartOf({ versions }: Paragraph): ParagraphVersion[] {
  const byId = new Map(versions.map((one) => [one.eventId, one]))
  const built = new Set<string>()
  const left = [versions.at(-1)!.eventId]
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (built.has(id)) continue
    built.add(id)
    left.push(...(byId.get(id)?.bases ?? []))
  }
  return versions.filter((one) => !built.has(one.eventId))
}

/** What an edit of a paragraph names as `bases`: the version that stands, and those beside it that the writer was shown. */
export const basesOf = ({ versions, apart }: Paragraph): string[] =>
  [versions.at(-1)!, ...apart].map((one) => one.eventId).slice(0, 10)
