import { checkEntry } from '@enlace/directory/check-entry'
import type { DirectoryEntry } from '@enlace/directory/entry'
import { applyEdits, type BookEvent, type Edit, editsBetween } from '@enlace/directory/upkeep'
import { failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import type { EntrySigner } from '../../model/upkeep/types.ts'
import { createUpkeepApi } from '../../model/upkeep/upkeep-api.ts'
import { removeRow, rowOf, setField } from './entry-draft.ts'
import { actorFor, signedResult } from './signing.ts'
import type { EditModel, EditState } from './types.ts'

const MAX_UNDO = 50

type Draft = { id: string; edits: Edit[]; note: string }

const isDraft = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && 'edits' in value && Array.isArray(value.edits)

/** A form over an entry: what it changes is kept on the device until it is sent, and compared with what others did. */
export function createEdit(
  session: Pick<Session, 'request' | 'database' | 'userId'>,
  key: string,
  signer?: EntrySigner,
): EditModel {
  const api = createUpkeepApi(session.request)
  const slot = `directory:${key}`
  let undone: DirectoryEntry[] = []
  let id: string = crypto.randomUUID()
  let closed = false
  const state = createStore<EditState>({
    answer: undefined,
    before: undefined,
    entry: undefined,
    edits: [],
    faults: [],
    conflicts: [],
    restored: false,
    mayUndo: false,
    note: '',
    step: 'form',
    sending: false,
    mayPublish: false,
  })
  const set = (fields: Partial<EditState>) => !closed && state.set({ ...state.get(), ...fields })

  function take(entry: DirectoryEntry, more: Partial<EditState> = {}): void {
    const { before } = state.get()
    const checked = checkEntry(entry)
    set({
      entry,
      edits: before ? editsBetween(before, entry) : [],
      faults: checked.ok ? [] : checked.faults,
      mayUndo: undone.length > 0,
      ...more,
    })
    keep()
  }

  function keep(): void {
    const { edits, conflicts, note } = state.get()
    const all = [...edits, ...conflicts]
    const done =
      all.length === 0 && note === ''
        ? session.database.remove('drafts', [slot])
        : session.database.put('drafts', slot, { id, edits: all, note } satisfies Draft)
    // A device without room for it: the page still has it.
    done.catch(() => undefined)
  }

  /** What was changed, on top of what is there now. */
  function rebase(now: DirectoryEntry, edits: readonly Edit[]): void {
    const { entry, outdated } = applyEdits(now, edits)
    set({ before: now })
    take(entry, { conflicts: outdated })
  }

  async function fetchNow() {
    const answer = await api.entry(key)
    const holds = answer.book?.keeping === 'here' || (await signer?.holds(key)) === true
    set({ answer, mayPublish: answer.may.decide && holds })
    return answer.book?.entry ?? answer.entry
  }

  async function load(): Promise<void> {
    set({ loadFailure: undefined })
    try {
      const now = await fetchNow()
      const kept = await session.database.get('drafts', slot).catch(() => undefined)
      if (isDraft(kept)) {
        id = kept.id
        set({ note: kept.note, restored: kept.edits.length > 0 })
        rebase(now, kept.edits)
      } else rebase(now, [])
    } catch (error) {
      set({ loadFailure: failureOf(error) })
    }
  }

  async function send({ publish, confirm }: Parameters<EditModel['send']>[0]): Promise<void> {
    const { edits, sending, before, note } = state.get()
    if (sending || edits.length === 0) return
    set({ sending: true, sendFailure: undefined })
    try {
      const now = await fetchNow()
      if (JSON.stringify(now) !== JSON.stringify(before)) {
        rebase(now, edits)
        if (state.get().conflicts.length > 0) {
          set({ sending: false, step: 'form' })
          return
        }
      }
      const made = state.get().edits
      await api.propose(key, { id, edits: made, ...(note.trim() ? { note: note.trim() } : {}) })
      let sent: EditState['sent'] = state.get().answer?.own ? 'draft' : 'suggestion'
      if (publish) sent = await publishNow(confirm)
      undone = []
      await session.database.remove('drafts', [slot]).catch(() => undefined)
      set({ sending: false, step: 'sent', sent, note: '', restored: false, mayUndo: false })
    } catch (error) {
      set({ sending: false, sendFailure: failureOf(error) })
    }
  }

  async function publishNow(confirm: Parameters<EditModel['send']>[0]['confirm']) {
    const { book } = await api.entry(key)
    const at = book?.now ?? Date.now()
    const by = actorFor(session.userId, key, 'coordinator')
    const events: BookEvent[] = [
      { type: 'accept', id, by, at },
      ...confirm.map((group): BookEvent => ({ type: 'confirm', group, by, at })),
    ]
    const signed = book ? await signedResult(signer, book, events) : {}
    const acted = await api.accept(key, id, { at, confirm, ...signed })
    return acted.state === 'waiting' ? ('waiting' as const) : ('published' as const)
  }

  void load()
  return {
    state,
    load,
    send,
    change(make) {
      const { entry } = state.get()
      if (!entry) return
      const next = make(entry)
      if (next === entry) return
      undone = [...undone.slice(1 - MAX_UNDO), entry]
      // Another change is another proposal: a lost answer to the one before must not refuse it.
      id = crypto.randomUUID()
      take(next, { restored: false, sendFailure: undefined })
    },
    undo() {
      const last = undone.pop()
      if (last) take(last)
    },
    discard() {
      const { before, entry } = state.get()
      if (!before || !entry) return
      undone = [...undone, entry]
      take(before, { conflicts: [], restored: false, note: '', step: 'form' })
    },
    setNote(note) {
      set({ note })
      keep()
    },
    show: (step) => set({ step }),
    settle(conflict, choice) {
      const { entry, conflicts } = state.get()
      if (!entry) return
      const left = conflicts.filter((one) => one !== conflict)
      take(choice === 'mine' ? forced(entry, conflict) : entry, { conflicts: left })
    },
    close() {
      closed = true
    },
  }
}

/** What somebody wants whatever is there now; of a record that is gone nothing can be said any more. */
function forced(entry: DirectoryEntry, edit: Edit): DirectoryEntry {
  if (edit.kind === 'set')
    return rowOf(entry, edit.table, edit.id)
      ? setField(entry, edit.table, edit.id, edit.field, edit.to)
      : entry
  const now = rowOf(entry, edit.table, edit.row.id)
  if (edit.kind === 'remove') return now ? removeRow(entry, edit.table, edit.row.id) : entry
  const made: Edit = { kind: 'add', table: edit.table, row: edit.row }
  return applyEdits(now ? removeRow(entry, edit.table, edit.row.id) : entry, [made]).entry
}
