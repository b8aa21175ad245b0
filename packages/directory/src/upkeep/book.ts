import type { DirectoryEntry } from '../entry/entry.ts'
import type { MarkType } from '../entry/marks.ts'
import type { BilingualText } from '../text.ts'
import { assuredDates, withAssurance } from './assurance.ts'
import { applyEdits, type Change, type Edit } from './changes.ts'
import { type FieldGroup, fieldGroups } from './field-groups.ts'

/**
 * How an entry is kept: drafts of its own people wait for their coordinator, anybody of the network suggests, the
 * owner accepts or declines with a reason, and what was changed is written down. A reducer: no clock, no storage.
 */

export interface Actor {
  /** the user's Matrix ID */
  userId: string
  /** the key of the institution the user speaks for, as verified rosters say it; null: none */
  institution: string | null
  role: 'staff' | 'coordinator' | 'official'
}

export interface Proposal {
  id: string
  /** `draft`: by the institution's own people; `suggestion`: by others */
  kind: 'draft' | 'suggestion'
  by: string
  /** the institution they spoke for */
  institution: string
  at: number
  edits: Edit[]
  note?: string
  state: 'open' | 'accepted' | 'declined' | 'withdrawn'
  /** who decided, when, and why: a reason is owed to whoever is declined */
  decided?: { by: string; at: number; reason?: string }
}

export interface EntryBook {
  entry: DirectoryEntry
  /** counts accepted changes and confirmations; what is published carries it */
  revision: number
  /** the latest last */
  history: Change[]
  proposals: Proposal[]
}

export type BookEvent =
  | { type: 'propose'; id: string; by: Actor; at: number; edits: Edit[]; note?: string }
  | { type: 'accept'; id: string; by: Actor; at: number }
  | { type: 'decline'; id: string; by: Actor; at: number; reason: string }
  | { type: 'withdraw'; id: string; by: Actor; at: number }
  /** "still correct" */
  | { type: 'confirm'; group: FieldGroup; by: Actor; at: number }

export const bookRefusals = {
  of_no_institution: {
    es: 'Solo quien habla por una institución de la red puede proponer cambios.',
    en: 'Only who speaks for an institution of the network can propose changes.',
  },
  not_the_owner: {
    es: 'Esto lo decide la propia institución. Puede enviarle una sugerencia.',
    en: 'The institution itself decides this. You can send it a suggestion.',
  },
  not_a_coordinator: {
    es: 'Falta el visto bueno de la coordinación de su institución.',
    en: 'The coordination of your institution has to agree.',
  },
  not_the_author: {
    es: 'Solo quien lo propuso puede retirarlo.',
    en: 'Only who proposed it can withdraw it.',
  },
  no_such_proposal: { es: 'Esa propuesta ya no existe.', en: 'There is no such proposal any more.' },
  already_decided: {
    es: 'Alguien ya decidió sobre esta propuesta.',
    en: 'Somebody has decided on this proposal already.',
  },
  exists: { es: 'Esta propuesta ya fue enviada.', en: 'This proposal has been sent already.' },
  nothing_to_change: { es: 'No hay ningún cambio que proponer.', en: 'There is no change to propose.' },
  too_many: {
    es: 'Hay demasiadas propuestas sin decidir. Espere a que la institución las revise.',
    en: 'Too many proposals wait for a decision. Wait until the institution has looked at them.',
  },
  no_reason: {
    es: 'Escriba el motivo: quien lo propuso lo leerá.',
    en: 'Write the reason: whoever proposed it will read it.',
  },
  outdated: {
    es: 'El registro cambió desde que se propuso. Compare y proponga de nuevo.',
    en: 'The entry has changed since this was proposed. Compare, and propose it again.',
  },
  not_by_edit: {
    es: 'Eso no se cambia a mano: la fecha de verificación la pone «sigue correcto», y lo que es de ejemplo lo es siempre.',
    en: 'That is not changed by hand: “still correct” sets the date of verification, and what is an example stays one.',
  },
  not_valid: {
    es: 'Con este cambio el registro tendría errores.',
    en: 'With this change the entry would have faults.',
  },
} as const satisfies Record<string, BilingualText>

export type BookRefusal = keyof typeof bookRefusals

export type BookResult = { ok: true; book: EntryBook } | { ok: false; refusal: BookRefusal; edits?: Edit[] }

export interface BookRules {
  /** whether an entry may be published; `checkEntry`, unless a caller knows better */
  isValid(entry: DirectoryEntry): boolean
}

/** The day at the border, where the person is: UTC-6. */
export const dayAtBorder = (at: number): string => new Date(at - 6 * 3_600_000).toISOString().slice(0, 10)

const maxOpen = 200
const maxOpenOfOne = 20
/** an imported list is one proposal: half of it would be half of a truth */
export const maxEdits = 4_000
const maxReason = 1_000
const maxHistory = 5_000
const maxDecided = 500

export const newBook = (entry: DirectoryEntry): EntryBook => ({
  entry,
  revision: 0,
  history: [],
  proposals: [],
})

export function reduceBook(book: EntryBook, event: BookEvent, rules: BookRules): BookResult {
  const { by } = event
  const isOwner = by.institution === book.entry.key
  if (event.type === 'propose') return propose(book, event)
  if (event.type === 'confirm') {
    if (!isOwner) return refuse('not_the_owner')
    if (!Object.hasOwn(fieldGroups, event.group)) return refuse('nothing_to_change')
    return confirm(book, event)
  }
  const proposal = book.proposals.find(({ id }) => id === event.id)
  if (!proposal) return refuse('no_such_proposal')
  if (proposal.state !== 'open') return refuse('already_decided')
  if (event.type === 'withdraw') {
    if (proposal.by !== by.userId) return refuse('not_the_author')
    return { ok: true, book: decide(book, proposal, 'withdrawn', event) }
  }
  if (!isOwner) return refuse('not_the_owner')
  if (by.role !== 'coordinator') return refuse('not_a_coordinator')
  if (event.type === 'decline') {
    const reason = event.reason.trim().slice(0, maxReason)
    if (reason === '') return refuse('no_reason')
    return { ok: true, book: decide(book, proposal, 'declined', { ...event, reason }) }
  }
  return accept(book, proposal, event, rules)
}

const refuse = (refusal: BookRefusal, edits?: Edit[]): BookResult => ({
  ok: false,
  refusal,
  ...(edits ? { edits } : {}),
})

function propose(book: EntryBook, event: Extract<BookEvent, { type: 'propose' }>): BookResult {
  const { by, id, at, edits, note } = event
  if (by.institution === null) return refuse('of_no_institution')
  if (book.proposals.some((each) => each.id === id)) return refuse('exists')
  if (edits.length === 0) return refuse('nothing_to_change')
  if (edits.some((edit) => isNotByEdit(book.entry, edit))) return refuse('not_by_edit')
  const open = book.proposals.filter(({ state }) => state === 'open')
  if (
    open.length >= maxOpen ||
    open.filter((each) => each.by === by.userId).length >= maxOpenOfOne ||
    edits.length > maxEdits
  )
    return refuse('too_many')
  const proposal: Proposal = {
    id,
    kind: by.institution === book.entry.key ? 'draft' : 'suggestion',
    by: by.userId,
    institution: by.institution,
    at,
    edits,
    state: 'open',
    ...(note?.trim() ? { note: note.trim().slice(0, maxReason) } : {}),
  }
  return { ok: true, book: { ...book, proposals: [...book.proposals, proposal] } }
}

/** Marks that say what a person did, not what an institution is: whoever writes them by hand would invent that. */
const notByEdit: readonly unknown[] = ['assured', 'example'] satisfies MarkType[]

function isNotByEdit(entry: DirectoryEntry, edit: Edit): boolean {
  if (edit.table !== 'attributes') return false
  if (edit.kind !== 'set') return notByEdit.includes(edit.row['link_type'])
  const row = entry.records.attributes?.find(({ id }) => id === edit.id)
  return [row?.['link_type'], ...(edit.field === 'link_type' ? [edit.to] : [])].some((type) =>
    notByEdit.includes(type),
  )
}

function confirm(book: EntryBook, { group, by, at }: Extract<BookEvent, { type: 'confirm' }>): BookResult {
  const date = dayAtBorder(at)
  // Twice on one day says nothing new.
  if (assuredDates(book.entry)[group] === date) return { ok: true, book }
  const entry = withAssurance(book.entry, group, date)
  const mark = entry.records.attributes?.find(({ value }) => value === `${group}:${date}`)
  if (!mark) return refuse('nothing_to_change')
  const change: Change = { by: by.userId, at, edit: { kind: 'add', table: 'attributes', row: mark } }
  return {
    ok: true,
    book: { ...book, entry, revision: book.revision + 1, history: recorded(book.history, [change]) },
  }
}

function accept(
  book: EntryBook,
  proposal: Proposal,
  event: Extract<BookEvent, { type: 'accept' }>,
  rules: BookRules,
): BookResult {
  const { entry, made, outdated } = applyEdits(book.entry, proposal.edits)
  if (outdated.length > 0) return refuse('outdated', outdated)
  // A key that is not the institution's, or a broken record, is nobody's to accept.
  if (!rules.isValid(entry)) return refuse('not_valid')
  // Who wrote it is named, not who let it pass: they are in the proposal.
  const changes = made.map((edit): Change => ({ by: proposal.by, at: event.at, edit }))
  return {
    ok: true,
    book: {
      ...decide(book, proposal, 'accepted', event),
      entry,
      revision: book.revision + 1,
      history: recorded(book.history, changes),
    },
  }
}

function decide(
  book: EntryBook,
  proposal: Proposal,
  state: Proposal['state'],
  { by, at, reason }: { by: Actor; at: number; reason?: string },
): EntryBook {
  const decided: Proposal = {
    ...proposal,
    state,
    decided: { by: by.userId, at, ...(reason ? { reason } : {}) },
  }
  const all = book.proposals.map((each) => (each.id === proposal.id ? decided : each))
  const old = all.filter((each) => each.state !== 'open')
  const forgotten = new Set(old.slice(0, Math.max(0, old.length - maxDecided)))
  return { ...book, proposals: all.filter((each) => !forgotten.has(each)) }
}

const recorded = (history: readonly Change[], changes: readonly Change[]) =>
  [...history, ...changes].slice(-maxHistory)
