/** A material for tests: devices on both sides of a line that may be cut, each sending what it would from what it has seen. */
import type { Actor } from '../cases/case-events.ts'
import type { TimelineEvent } from '../causal-order.ts'
import { type ReadMaterialRecord, reduceMaterial } from './material.ts'
import {
  type MaterialStepDraft,
  materialEventType,
  materialUpdate,
  materialUpdateEventType,
} from './material-events.ts'
import type { MaterialRecord } from './material-records.ts'
import type { MaterialState } from './material-state.ts'
import type { MaterialContent } from './published.ts'

export const author: Actor = { institution: 'hn-senaf-corinto', role: 'staff' }
export const owner: Actor = { institution: 'hn-senaf-corinto', role: 'coordinator' }
export const neighbour: Actor = { institution: 'gt-pgn-izabal', role: 'coordinator' }
export const neighbourStaff: Actor = { institution: 'gt-pgn-izabal', role: 'staff' }
export const other: Actor = { institution: 'hn-rnp-sps', role: 'coordinator' }
export const START = Date.parse('2026-03-10T15:00:00Z')
export const DAY = 86_400_000

export const countryOf = (institution: string) =>
  institution.startsWith('hn-') ? 'HN' : institution.startsWith('gt-') ? 'GT' : undefined

/** An invented leaflet. */
export function leaflet(more: Partial<MaterialContent> = {}): MaterialContent {
  return {
    institution: owner.institution,
    slug: 'ejemplo-derechos-de-la-ninez',
    language: 'es',
    number: 1,
    topic: 'rights',
    level: 'easy',
    title: 'Ejemplo: sus derechos en el camino',
    summary: 'Hoja inventada para pruebas.',
    blocks: [{ kind: 'text', markdown: '# Sus derechos\n\nUsted **puede** pedir ayuda.' }],
    names: [],
    valid_until: START + 200 * DAY,
    ...more,
  }
}

export function materialRoot(by: Actor = author): TimelineEvent {
  return {
    event_id: '$material',
    room_id: '!room',
    type: materialEventType,
    sender: senderOf(by),
    origin_server_ts: START,
    content: { by },
  }
}

export const senderOf = (by: Actor) => `@${by.role}.${by.institution}:${by.institution.slice(0, 2)}.example`

/** One side of the line: what it has of the material. */
export class Side {
  readonly events = new Map<string, TimelineEvent>()
  readonly records = new Map<string, ReadMaterialRecord>()
  readonly name: string
  #sent = 0

  constructor(name: string) {
    this.name = name
  }

  get state(): MaterialState {
    return stateOf([...this.events.values()], this.records)
  }

  /** @param draft a step without its record's ID, which is given here. @returns the step's event ID */
  send(by: Actor, draft: Omit<MaterialStepDraft, 'record'>, record?: MaterialRecord): string {
    this.#sent += 1
    const id = `$${this.name}${String(this.#sent).padStart(4, '0')}`
    const sender = senderOf(by)
    if (record) this.records.set(`${id}r`, { sender, material: '$material', content: record })
    this.events.set(id, {
      event_id: id,
      room_id: '!room',
      type: materialUpdateEventType,
      sender,
      origin_server_ts: START + this.#sent * 1_000,
      content: materialUpdate(this.state, by, { ...draft, ...(record ? { record: `${id}r` } : {}) }),
    })
    return id
  }

  write(by: Actor, content: Partial<MaterialContent> = {}): string {
    const last = this.state.versions.at(-1)
    return this.send(
      by,
      { step: 'version' },
      {
        what: 'version',
        ...(last ? { bases: [last.id, ...this.state.apart].slice(0, 10) } : {}),
        content: leaflet({ number: this.state.versions.length + 1, ...content }),
      },
    )
  }

  take(from: Side): void {
    for (const [id, event] of from.events) this.events.set(id, event)
    for (const [id, record] of from.records) this.records.set(id, record)
  }
}

export function stateOf(
  events: readonly TimelineEvent[],
  records: ReadonlyMap<string, ReadMaterialRecord>,
): MaterialState {
  const state = reduceMaterial(materialRoot(), events, { records, countryOf })
  if (typeof state === 'string') throw new Error(state)
  return state
}
