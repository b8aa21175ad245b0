/** A meeting for tests: devices on both sides of a line that may be cut, each sending what it would from what it has seen. */
import type { Actor } from '../cases/case-events.ts'
import type { TimelineEvent } from '../causal-order.ts'
import { court, inChannel, registryChief } from '../testing.ts'
import { reduceMeeting } from './meeting.ts'
import {
  type MeetingContent,
  type MeetingStepDraft,
  meetingEventType,
  meetingUpdateContent,
  meetingUpdateEventType,
} from './meeting-events.ts'
import type { MeetingRecord, ReadRecord } from './meeting-records.ts'
import type { MeetingState } from './meeting-state.ts'

export const consulate: Actor = { institution: 'hn-consulado-puerto-barrios', role: 'coordinator' }
/** An official votes and signs for the court; of its staff nobody would. */
export const judge: Actor = { ...court, role: 'official' }
export const stranger: Actor = { institution: 'gt-renap', role: 'coordinator' }
export const START = Date.parse('2026-03-10T15:00:00Z')
export const DAY = 86_400_000

export function meetingRoot(more: Partial<MeetingContent> = {}): TimelineEvent {
  const content: MeetingContent = {
    institutions: [consulate.institution, registryChief.institution, judge.institution],
    conveners: [consulate.institution],
    starts_ts: START,
    by: consulate,
    ...more,
  }
  return inChannel('$meeting', meetingEventType, senderOf(content.by), START - 7 * DAY, content)
}

export const senderOf = (by: Actor) => `@${by.role}.${by.institution}:${by.institution.slice(0, 2)}.example`

/** One side of the line: what it has of the meeting. */
export class Side {
  readonly events = new Map<string, TimelineEvent>()
  readonly records = new Map<string, ReadRecord>()
  readonly name: string
  #sent = 0

  constructor(name: string) {
    this.name = name
  }

  get state(): MeetingState {
    return stateOf([...this.events.values()], this.records)
  }

  /** @param draft a step without its record's ID, which is given here. @returns the step's event ID */
  send(
    by: Actor,
    draft: Omit<MeetingStepDraft, 'record'> | MeetingRecord,
    record?: MeetingRecord,
    at?: number,
  ): string {
    this.#sent += 1
    const id = `$${this.name}${String(this.#sent).padStart(4, '0')}`
    const written = 'what' in draft ? draft : record
    const step: MeetingStepDraft = {
      ...('what' in draft ? { step: 'record' as const } : draft),
      ...(written ? { record: `${id}r` } : {}),
    }
    const sender = senderOf(by)
    if (written) this.records.set(`${id}r`, { sender, meeting: '$meeting', content: written })
    const sentAt = at ?? START + this.#sent * 1_000
    const content = meetingUpdateContent(this.state, by, step)
    this.events.set(id, inChannel(id, meetingUpdateEventType, sender, sentAt, content))
    return id
  }

  take(other: Side): void {
    for (const [id, event] of other.events) this.events.set(id, event)
    for (const [id, record] of other.records) this.records.set(id, record)
  }
}

export function stateOf(
  events: readonly TimelineEvent[],
  records: ReadonlyMap<string, ReadRecord>,
  root = meetingRoot(),
): MeetingState {
  const state = reduceMeeting(root, events, records)
  if (typeof state === 'string') throw new Error(state)
  return state
}
