/** What an entry is made of. How it is chained stands in `@enlace/trust/audit`, where everybody verifies it. */
import { hash, randomBytes } from 'node:crypto'
import { type ChainHashing, sortedJson } from '@enlace/trust/audit'
import { groupOf } from './acts.ts'
import type { ActFilter, ActRecord, Entry } from './types.ts'

const MAX_ID = 255
const MAX_FACT = 128
const MAX_FACTS = 12
/** No white space: neither a sentence, nor a name, nor a form passes for an id. */
const ID = /^[\x21-\x7e]+$/
const FACT = /^[A-Za-z0-9._:/@!$#+-]*$/
const FACT_NAME = /^[a-z][a-z0-9_]{0,31}$/
const LEFT_OUT = '?'

/** Node's own hashing, for the chain and for whoever verifies it. */
export const nodeHashing: ChainHashing = {
  ofText: (text) => hash('sha256', text, 'hex'),
  ofPair: (before, digest) => hash('sha256', Buffer.from(before + digest, 'hex'), 'hex'),
}

const id = (text: string): string => (text.length <= MAX_ID && ID.test(text) ? text : LEFT_OUT)

function facts(given: ActRecord['facts']): Entry['facts'] {
  const kept: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(given ?? {}).slice(0, MAX_FACTS)) {
    if (value === undefined || !FACT_NAME.test(name)) continue
    if (typeof value === 'number') kept[name] = Number.isSafeInteger(value) ? value : Math.round(value) || 0
    else if (typeof value === 'boolean') kept[name] = value
    else kept[name] = value.length <= MAX_FACT && FACT.test(value) ? value : LEFT_OUT
  }
  return Object.keys(kept).length > 0 ? kept : undefined
}

/** Whatever is not of the form of an id is left out, so that nothing people write can get in by a mistake elsewhere. */
export function entryOf(
  { act, by = 'node', on, room, case: caseRef, outcome = 'done', facts: given }: ActRecord,
  institutions: readonly string[],
  place: { seq: number; ts: number },
): Entry {
  const known = facts(given)
  return {
    ...place,
    act,
    by: id(by),
    ...(on === undefined ? {} : { on: id(on) }),
    ...(institutions.length === 0 ? {} : { institutions: [...new Set(institutions.map(id))].sort() }),
    ...(room === undefined ? {} : { room: id(room) }),
    ...(caseRef === undefined ? {} : { case: id(caseRef) }),
    outcome,
    ...(known === undefined ? {} : { facts: known }),
    salt: randomBytes(16).toString('base64url'),
  }
}

export const lineOf = (entry: Entry): string => sortedJson(entry)

/** What an entry is found by. */
export function tagsOf({ act, by, on, institutions = [], case: caseRef, outcome }: Entry): string[] {
  const tags: string[] = []
  for (const institution of institutions) {
    tags.push(institution, `${institution}|g|${groupOf(act)}`, `${institution}|o|${outcome}`)
    for (const person of new Set([by, on]))
      if (person?.startsWith('@')) tags.push(`${institution}|p|${person}`)
    if (caseRef !== undefined) tags.push(`${institution}|c|${caseRef}`)
  }
  return tags
}

/** Every tag an entry must have, the rarest first. */
export function tagsWanted(
  institution: string,
  { group, person, case: caseRef, outcome }: ActFilter,
): string[] {
  return [
    ...(caseRef === undefined ? [] : [`${institution}|c|${caseRef}`]),
    ...(person === undefined ? [] : [`${institution}|p|${person}`]),
    ...(group === undefined ? [] : [`${institution}|g|${group}`]),
    ...(outcome === undefined ? [] : [`${institution}|o|${outcome}`]),
    institution,
  ]
}
