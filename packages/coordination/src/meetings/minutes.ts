/** The minutes of a meeting: what institutions sign, and what is counted from them. */
import { canonicalJson, type JsonObject } from '@enlace/room-model/json'
import type { RecordOf } from './meeting-records.ts'
import type { Commitment, Decision, MeetingState, Stamp } from './meeting-state.ts'

export type DecisionOutcome = 'no_quorum' | 'adopted' | 'rejected'

/** Consensus: nobody against, somebody for. Vote: more for than against. Both: as many institutions as the quorum asks took a stand. */
export function decisionOutcome({
  how,
  quorum,
  votes,
}: Pick<Decision, 'how' | 'quorum' | 'votes'>): DecisionOutcome {
  const choices = [...votes.values()]
  if (choices.length < quorum) return 'no_quorum'
  const yes = choices.filter((one) => one === 'yes').length
  const no = choices.filter((one) => one === 'no').length
  const adopted = how === 'consensus' ? no === 0 && yes > 0 : yes > no
  return adopted ? 'adopted' : 'rejected'
}

export const commitmentStatusKeys = ['overdue', 'pending', 'rescheduled', 'under_way', 'fulfilled'] as const
export type CommitmentStatus = (typeof commitmentStatusKeys)[number]

/** `overdue` is what the day makes of it, whatever was said last; only fulfilling it ends that. */
export function commitmentStatus(
  { status, due }: Pick<Commitment, 'status' | 'due'>,
  now: number,
): CommitmentStatus {
  return status !== 'fulfilled' && now > due ? 'overdue' : status
}

export function commitmentCounts(
  commitments: Iterable<Pick<Commitment, 'status' | 'due'>>,
  now: number,
): Record<CommitmentStatus, number> {
  const counts = { overdue: 0, pending: 0, rescheduled: 0, under_way: 0, fulfilled: 0 }
  for (const one of commitments) counts[commitmentStatus(one, now)] += 1
  return counts
}

const sorted = <V>(map: ReadonlyMap<string, V>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))

/**
 * What a signature covers, as canonical JSON: all that was said and agreed. Not what became of it later (progress of commitments,
 * signatures), so that a fulfilled commitment fells no signature. Undefined while something cannot be read here: nobody signs
 * what they have not seen.
 */
export function canonicalMinutes(state: MeetingState): string | undefined {
  if (state.unread.length > 0) return undefined
  return canonicalJson({
    version: 1,
    meeting: state.id,
    room: state.roomId,
    starts_ts: state.startsAt,
    institutions: [...state.institutions].sort(),
    conveners: [...state.conveners].sort(),
    follows: state.follows?.event_id ?? null,
    details: state.details ?? null,
    agenda: state.agenda
      .filter((one) => one.status !== 'withdrawn')
      .map(({ id, title, status }) => ({ id, title, status })),
    attendance: sorted(state.attendance).map(([institution, people]) => ({ institution, people })),
    paragraphs: state.paragraphs
      .filter((one) => one.text !== '')
      .map(({ id, item, text }) => ({ id, item: item ?? null, text })),
    decisions: state.decisions.map((one) => ({
      id: one.id,
      text: one.text,
      how: one.how,
      quorum: one.quorum,
      votes: Object.fromEntries(sorted(one.votes)),
      outcome: decisionOutcome(one),
    })),
    commitments: state.commitments.map(({ id, text, position, responsible, agreedDue }) => ({
      id,
      text: text ?? null,
      position: position ?? null,
      responsible,
      due_ts: agreedDue,
    })),
    documents: state.documents.map(({ title, document }) => ({ title, event_id: document })),
    closed_by: state.closed?.by.institution ?? null,
    next: state.closed ? { starts_ts: state.closed.nextAt, place: state.closed.nextPlace ?? null } : null,
  } as JsonObject)
}

/**
 * What an institution signs with its key, in the canonical form of the trust list's metadata: the meeting, in whose name, and the digest
 * of `canonicalMinutes`. A signature for another meeting, institution or text is none.
 */
export const minutesStatement = (of: { meeting: string; institution: string; sha256: string }) => ({
  _type: 'enlace-meeting-minutes' as const,
  meeting: of.meeting,
  institution: of.institution,
  sha256: of.sha256,
})
export type MinutesStatement = ReturnType<typeof minutesStatement>

export type Signature = Stamp & {
  institution: string
  sha256: string
  holds: boolean
  key?: RecordOf<'sign'>['key']
}

/** @param digest SHA-256 of UTF-8 text, unpadded URL-safe Base64 */
export function signaturesOf(state: MeetingState, digest: (text: string) => string): Signature[] {
  const minutes = canonicalMinutes(state)
  const sha256 = minutes === undefined ? undefined : digest(minutes)
  return sorted(state.signatures).map(([institution, signature]) => ({
    ...signature,
    institution,
    holds: signature.sha256 === sha256,
  }))
}
