/** Reports for tests: devices on both sides of a line that may be cut, each sending what it would from what it has seen. */
import type { Actor } from '../cases/case-events.ts'
import type { TimelineEvent } from '../causal-order.ts'
import type { RiskSignature } from './published.ts'
import { reduceRisk } from './risk.ts'
import { type RiskStepDraft, riskEventType, riskUpdateContent, riskUpdateEventType } from './risk-events.ts'
import type { ReadRiskRecord, RiskRecord } from './risk-records.ts'
import type { RiskReport } from './risk-state.ts'

export const consulate: Actor = { institution: 'hn-consulado-puerto-barrios', role: 'coordinator' }
export const registry: Actor = { institution: 'hn-rnp-sps', role: 'coordinator' }
export const clerk: Actor = { institution: 'hn-rnp-sps', role: 'staff' }
export const coordinatorGt: Actor = { institution: 'gt-sbs', role: 'coordinator' }
export const actors: Actor[] = [
  consulate,
  registry,
  clerk,
  coordinatorGt,
  { institution: 'gt-igm', role: 'official' },
]
export const AT = Date.parse('2026-03-10T15:00:00Z')
export const countryOf = (institution: string) => institution.slice(0, 2).toUpperCase()
export const senderOf = (by: Actor) => `@${by.role}.${by.institution}:${by.institution.slice(0, 2)}.example`

export const record = (more: Partial<RiskRecord> = {}): RiskRecord => ({
  kind: 'extortion',
  place: { coarse: 'cell_10', row: 30, column: 46 },
  day: '2026-03-09',
  until: '2026-05-01',
  source: 'migrant',
  reliability: 'probable',
  ...more,
})

/** One side of the line: what it has of the reports. */
export class Side {
  readonly events = new Map<string, TimelineEvent>()
  readonly records = new Map<string, ReadRiskRecord>()
  readonly name: string
  #sent = 0

  constructor(name: string) {
    this.name = name
  }

  /** The report's event and its steps. */
  eventsOf(id: string): TimelineEvent[] {
    return [...this.events.values()].filter(
      (one) =>
        one.event_id === id ||
        (one.content as { 'm.relates_to'?: { event_id: string } })['m.relates_to']?.event_id === id,
    )
  }

  get states(): Map<string, RiskReport> {
    const all = new Map<string, RiskReport>()
    for (const root of this.events.values()) {
      if (root.type !== riskEventType) continue
      const state = reduceRisk(root, this.eventsOf(root.event_id), this.records)
      if (typeof state === 'string') throw new Error(state)
      all.set(root.event_id, state)
    }
    return all
  }

  #put(by: Actor, type: string, content: unknown): string {
    this.#sent += 1
    const id = `$${this.name}${String(this.#sent).padStart(4, '0')}`
    const at = AT + this.#sent * 1_000
    const event = {
      event_id: id,
      room_id: '!room',
      type,
      sender: senderOf(by),
      origin_server_ts: at,
      content,
    }
    this.events.set(id, event)
    return id
  }

  /** @returns the report's event ID */
  report(by: Actor, details: RiskRecord): string {
    const id = this.#put(by, riskEventType, { by })
    this.step(id, by, { step: 'report' }, details)
    return id
  }

  /** @param details for `report` and `sign`: the record, whose ID is given here */
  step(report: string, by: Actor, draft: RiskStepDraft, details?: RiskRecord | RiskSignature): void {
    const named = `$${this.name}${this.#sent + 1}r`
    if (details) this.records.set(named, { sender: senderOf(by), report, content: details })
    const content = riskUpdateContent(this.states.get(report)!, by, {
      ...draft,
      ...(details ? { record: named } : {}),
    })
    this.#put(by, riskUpdateEventType, content)
  }

  take(other: Side): void {
    for (const [id, event] of other.events) this.events.set(id, event)
    for (const [id, read] of other.records) this.records.set(id, read)
  }
}
