import { guessMapping, readDelimited, toRemember } from '@enlace/directory/lists'
import { failureOf } from '../../lib/failure.ts'
import { createStore } from '../../lib/store.ts'
import { seenDirectory } from '../../model/interchange/known-institutions.ts'
import { createTableDesk } from '../../model/interchange/table-line.ts'
import type {
  ColumnKey,
  KeptImport,
  KnownInstitution,
  Remembered,
  Sheet,
  TableDesk,
} from '../../model/interchange/types.ts'
import type { Session } from '../../model/session/types.ts'
import { createUpkeepApi } from '../../model/upkeep/upkeep-api.ts'
import type { ImportModel, ImportState } from './types.ts'

const SLOT = 'interchange'
const headingsSlot = (institution: string) => `interchange-headings:${institution}`

const isKept = (value: unknown): value is KeptImport =>
  typeof value === 'object' &&
  value !== null &&
  'sheets' in value &&
  Array.isArray(value.sheets) &&
  'mapping' in value

const nothing: ImportState = {
  step: 'choose',
  fileName: '',
  sheets: [],
  sheet: 0,
  mapping: { headerRow: 0, columns: {} },
  blankClears: false,
  corrections: {},
  leftOut: [],
  remove: [],
  sent: {},
  refused: {},
  restored: false,
}

/**
 * A list on its way into the directory. Nothing of it is there before the last step, which makes a proposal for each
 * institution. What has been chosen and corrected is kept on the device until then.
 */
export function createImport(
  session: Pick<Session, 'request' | 'database' | 'cases' | 'directory'>,
  desk: TableDesk = createTableDesk(),
): ImportModel {
  const api = createUpkeepApi(session.request)
  const state = createStore<ImportState>(nothing)
  let id: string = crypto.randomUUID()
  let closed = false
  let institutions: KnownInstitution[] | undefined
  /** entries as their nodes have them now, which is newer than the copy */
  const current = new Map<string, KnownInstitution>()
  const set = (fields: Partial<ImportState>) => !closed && state.set({ ...state.get(), ...fields })
  const without = (...fields: Array<'busy' | 'progress' | 'refusal' | 'failure' | 'plan'>) => {
    const next = { ...state.get() }
    for (const field of fields) delete next[field]
    if (!closed) state.set(next)
  }

  function keep(): void {
    const { fileName, sheets, sheet, mapping, step, blankClears, corrections, leftOut, remove, sent } =
      state.get()
    const done =
      step === 'choose'
        ? session.database.remove('drafts', [SLOT])
        : session.database.put('drafts', SLOT, {
            id,
            fileName,
            sheets: [...sheets],
            sheet,
            mapping,
            step,
            blankClears,
            corrections: { ...corrections },
            leftOut: [...leftOut],
            remove: [...remove],
            sent: { ...sent },
          } satisfies KeptImport)
    // A device without room for it: the page still has it.
    done.catch(() => undefined)
  }

  async function known(): Promise<KnownInstitution[]> {
    if (!institutions) {
      await session.directory.refresh()
      const seen = seenDirectory(await session.directory.copy())
      if (!seen) throw new Error('The directory could not be read.')
      institutions = seen.institutions
      const own = session.cases.actor()?.institution
      const found = institutions.find(({ key }) => key === own)
      if (found) set({ own: { key: found.key, name: found.name } })
    }
    return institutions.map((each) => current.get(each.key) ?? each)
  }

  async function remembered(): Promise<Remembered> {
    const { own } = state.get()
    if (!own) return {}
    const kept = await session.database.get('drafts', headingsSlot(own.key)).catch(() => undefined)
    return typeof kept === 'object' && kept !== null ? (kept as Remembered) : {}
  }

  async function restore(): Promise<void> {
    set({ busy: 'opening' })
    try {
      await known()
      const kept = await session.database.get('drafts', SLOT).catch(() => undefined)
      if (isKept(kept)) {
        const { id: keptId, ...fields } = kept
        id = keptId
        set({ ...fields, restored: true })
      }
    } catch (error) {
      set({ failure: failureOf(error) })
    }
    without('busy')
    const { step, restored } = state.get()
    if (restored && (step === 'faults' || step === 'preview')) await check(step)
  }

  async function take(sheets: Sheet[], fileName: string): Promise<void> {
    id = crypto.randomUUID()
    const { own } = state.get()
    // The sheet that names most columns is the list; the others are notes.
    const before = await remembered()
    const guesses = sheets.map((sheet) => guessMapping(sheet, before))
    const width = (at: number) => Object.keys(guesses[at]?.columns ?? {}).length
    const best = sheets.reduce((most, _, at) => (width(at) > width(most) ? at : most), 0)
    state.set({
      ...nothing,
      ...(own ? { own } : {}),
      step: 'columns',
      fileName,
      sheets,
      sheet: best,
      mapping: guesses[best] ?? nothing.mapping,
    })
    keep()
  }

  async function openFile(file: Blob, name: string): Promise<void> {
    without('refusal', 'failure')
    set({ busy: 'reading' })
    try {
      const read = await desk.read(await file.arrayBuffer())
      if (read.ok) await take(read.file.sheets, name)
      else set({ refusal: read.refusal })
    } catch (error) {
      set({ failure: failureOf(error) })
    }
    without('busy')
  }

  async function openText(text: string): Promise<void> {
    without('refusal', 'failure')
    if (text.trim() === '') {
      set({ refusal: 'empty' })
      return
    }
    const read = readDelimited(text)
    if ('refusal' in read) set({ refusal: read.refusal })
    else await take([read.sheet], '')
  }

  async function plan(list: readonly KnownInstitution[]) {
    const { sheets, sheet, mapping, own, blankClears, corrections, leftOut, remove } = state.get()
    return desk.plan(
      {
        sheet: sheets[sheet]!,
        mapping,
        institutions: list,
        ...(own ? { own: own.key } : {}),
        blankClears,
        now: Date.now(),
        corrections,
        leftOut,
        remove,
      },
      (done, of) => set({ progress: { done, of } }),
    )
  }

  /** @param towards where the person wants to go; the faults if there are any */
  async function check(towards: 'faults' | 'preview' = 'preview'): Promise<void> {
    without('failure', 'progress')
    set({ busy: 'checking' })
    try {
      let found = await plan(await known())
      // What the copy says may be a day old; what is changed is what its node has now.
      const stale = found.institutions.filter(({ institution }) => !current.has(institution))
      if (stale.length > 0) {
        await Promise.all(
          stale.map(async ({ institution }) => {
            const answer = await api.entry(institution)
            const listed = institutions!.find(({ key }) => key === institution)!
            current.set(institution, { ...listed, entry: answer.book?.entry ?? answer.entry })
          }),
        )
        found = await plan(await known())
      }
      set({ plan: found, step: found.faults.length > 0 ? 'faults' : towards })
      keep()
    } catch (error) {
      // A newer question took its place: that one goes on.
      if (error instanceof Error && error.message === 'superseded') return
      set({ failure: failureOf(error) })
    }
    without('busy', 'progress')
  }

  /** Where a column is; one that the table lacks is put behind its last. */
  function placeOf(column: ColumnKey): number {
    const { sheets, sheet, mapping } = state.get()
    const known = mapping.columns[column]
    if (known !== undefined) return known
    const position =
      Math.max(...Object.values(mapping.columns), ...sheets[sheet]!.rows.map((row) => row.length - 1)) + 1
    set({ mapping: { ...mapping, columns: { ...mapping.columns, [column]: position } } })
    return position
  }

  const stay = () => check(state.get().step === 'preview' ? 'preview' : 'faults')

  async function rememberHeadings(): Promise<void> {
    const { own, sheets, sheet, mapping } = state.get()
    const table = sheets[sheet]
    if (!own || !table) return
    const headings = { ...(await remembered()), ...toRemember(table, mapping) }
    await session.database.put('drafts', headingsSlot(own.key), headings).catch(() => undefined)
  }

  async function send(): Promise<void> {
    const { plan: made, sent, own } = state.get()
    if (!made || made.faults.length > 0) return
    without('failure')
    set({ busy: 'sending', refused: {} })
    for (const { institution, edits, problem } of made.institutions) {
      if (sent[institution] || edits.length === 0 || problem) continue
      try {
        // The same ID after a lost answer or a reload: it is there once.
        await api.propose(institution, { id: await proposalId(id, institution), edits })
        set({
          sent: { ...state.get().sent, [institution]: institution === own?.key ? 'draft' : 'suggestion' },
        })
        keep()
      } catch (error) {
        set({ refused: { ...state.get().refused, [institution]: failureOf(error) } })
      }
    }
    const { refused } = state.get()
    if (Object.keys(refused).length === 0) set({ step: 'sent' })
    keep()
    without('busy')
  }

  void restore()
  return {
    state,
    openFile,
    openText,
    chooseSheet(sheet) {
      const table = state.get().sheets[sheet]
      if (!table) return
      set({ sheet, mapping: guessMapping(table), corrections: {}, leftOut: [], remove: [] })
      keep()
    },
    setHeaderRow(headerRow) {
      const { sheets, sheet } = state.get()
      const table = sheets[sheet]!
      const guess = guessMapping({ ...table, rows: table.rows.slice(headerRow, headerRow + 1) })
      set({ mapping: { headerRow, columns: guess.columns } })
      keep()
    },
    mapColumn(position, column) {
      const { mapping } = state.get()
      const columns = Object.fromEntries(
        Object.entries(mapping.columns).filter(([key, at]) => at !== position && key !== column),
      ) as Partial<Record<ColumnKey, number>>
      if (column) columns[column] = position
      set({ mapping: { ...mapping, columns } })
      keep()
    },
    setBlankClears(blankClears) {
      set({ blankClears })
      keep()
    },
    async check() {
      await rememberHeadings()
      await check()
    },
    async correct(row, column, text) {
      set({ corrections: { ...state.get().corrections, [`${row - 1}:${placeOf(column)}`]: text } })
      await stay()
    },
    async correctAll(cells) {
      const next = { ...state.get().corrections }
      for (const { row, column, text } of cells) next[`${row - 1}:${placeOf(column)}`] = text
      set({ corrections: next })
      await stay()
    },
    async leaveOut(rows, out) {
      const { leftOut } = state.get()
      const next = new Set(leftOut)
      for (const row of rows) {
        if (out) next.add(row)
        else next.delete(row)
      }
      set({ leftOut: [...next] })
      await stay()
    },
    async setRemoved(target, removed) {
      const { remove } = state.get()
      set({ remove: removed ? [...new Set([...remove, target])] : remove.filter((each) => each !== target) })
      await check('preview')
    },
    show(step) {
      set({ step })
      keep()
    },
    send,
    discard() {
      const { own } = state.get()
      state.set({ ...nothing, ...(own ? { own } : {}) })
      current.clear()
      keep()
    },
    close() {
      closed = true
      desk.close()
    },
  }
}

/** One proposal for each institution of an import: its ID follows from both. */
async function proposalId(importId: string, institution: string): Promise<string> {
  const digest = new Uint8Array(
    await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${importId}/${institution}`)),
  )
  // A UUID of version 8: made in a way of one's own (RFC 9562).
  digest[6] = (digest[6]! & 0x0f) | 0x80
  digest[8] = (digest[8]! & 0x3f) | 0x80
  const hex = [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
