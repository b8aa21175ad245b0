import { checkEntry } from '@enlace/directory/check-entry'
import type { DirectoryEntry } from '@enlace/directory/entry'
import { exampleEntries } from '@enlace/directory/examples'
import { type Edit, editsBetween } from '@enlace/directory/upkeep'
import { publicView } from '@enlace/directory/visibility'
import { describe, expect, test, vi } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { en } from '../../words/en/index.ts'
import { es } from '../../words/es/index.ts'
import { changeText, isQuiet } from './change-text.ts'
import { createEdit } from './edit.ts'
import {
  addRow,
  marksOf,
  phoneAsKept,
  removeRow,
  rowsOf,
  setField,
  setMarks,
  setVisibility,
  visibilityOf,
} from './entry-draft.ts'
import { formPlan, planOf } from './form-plan.ts'

const shelter = exampleEntries[0]!
const ORG = shelter.records.organizations![0]!.id
const words = (edits: readonly Edit[], before: DirectoryEntry, after: DirectoryEntry) =>
  edits.filter((edit) => !isQuiet(edit)).map((edit) => changeText(edit, before, es, 'es', after))

describe('an entry as a form', () => {
  test('every kind of record can be added, filled in as far as it must be, and taken out again', () => {
    let entry = shelter
    for (const plan of Object.values(formPlan).flat()) {
      const owner = plan.owners?.[0]
      if (!owner) continue
      const made = addRow(entry, plan, { key: owner.key, id: rowsOf(entry, owner.table)[0]!.id })
      expect(rowsOf(made.entry, plan.table)).toHaveLength(rowsOf(entry, plan.table).length + 1)
      const gone = removeRow(made.entry, plan.table, made.id)
      expect(rowsOf(gone, plan.table)).toEqual(rowsOf(entry, plan.table))
      expect(checkEntry(gone)).toEqual({ ok: true, entry: gone })
      entry = gone
    }
  })

  test('what belongs to a record goes with it', () => {
    const entry = removeRow(shelter, 'services', rowsOf(shelter, 'services')[0]!.id)
    expect(checkEntry(entry)).toEqual({ ok: true, entry })
    expect(rowsOf(entry, 'service_capacity')).toEqual([])
    expect(rowsOf(entry, 'service_at_location')).toHaveLength(1)
  })

  test('an empty text is no field, and one the standard needs stays and is named', () => {
    const without = setField(shelter, 'organizations', ORG, 'website', '')
    expect(rowsOf(without, 'organizations')[0]).not.toHaveProperty('website')
    const phone = rowsOf(shelter, 'phones')[0]!.id
    const unnumbered = setField(shelter, 'phones', phone, 'number', '')
    expect(checkEntry(unnumbered)).toMatchObject({
      ok: false,
      faults: [{ table: 'phones', field: 'number' }],
    })
  })

  test('a service takes its categories from the vocabulary', () => {
    const id = rowsOf(shelter, 'services')[0]!.id
    const entry = setMarks(shelter, 'services', id, 'service_category', ['shelter', 'legal'])
    expect(marksOf(entry, id, 'service_category').sort()).toEqual(['legal', 'shelter'])
    expect(checkEntry(entry)).toEqual({ ok: true, entry })
  })

  test('each field is for anybody or for the network, and the public view obeys', () => {
    const cases = [
      ['organizations', ORG, 'website'],
      ...rowsOf(shelter, 'contacts').map(({ id }) => ['contacts', id, 'name'] as const),
      ...rowsOf(shelter, 'phones').map(({ id }) => ['phones', id, '*'] as const),
    ] as const
    for (const [table, id, field] of cases) {
      const hidden = setVisibility(shelter, table, id, field, 'network')
      const open = setVisibility(hidden, table, id, field, 'public')
      expect(visibilityOf(hidden, table, id, field)).toBe('network')
      expect(visibilityOf(open, table, id, field)).toBe('public')
      expect(checkEntry(open).ok).toBe(true)
      if (field !== '*') continue
      const shown = (entry: DirectoryEntry) => rowsOf(publicView(entry), table).some((row) => row.id === id)
      expect(shown(hidden)).toBe(false)
    }
  })

  test('a telephone is kept as E.164, whoever writes it how', () => {
    expect(phoneAsKept('2234-5678', 'HN')).toBe('+50422345678')
    expect(phoneAsKept('+502 2234 5678', 'HN')).toBe('+50222345678')
    expect(phoneAsKept(' 12 ', 'HN')).toBe('12')
  })
})

describe('changes in words', () => {
  test('name the record, the field, what was there and what is there now', () => {
    const phone = rowsOf(shelter, 'phones')[0]!
    let after = setField(shelter, 'phones', phone.id, 'number', '+50400000103')
    after = setMarks(after, 'phones', phone.id, 'whatsapp', ['yes'])
    const said = words(editsBetween(shelter, after), shelter, after)
    expect(said).toContain('Teléfono «Recepción»: Número: +504 0000 0101 → +504 0000 0103')
    expect(said.join('\n')).toMatch(/WhatsApp: .*no.*sí/i)
  })

  test('of every field and mark of the form there are words in both languages', () => {
    for (const language of [es, en])
      for (const plan of Object.values(formPlan).flat()) {
        expect(language.upkeep.tables[plan.table]).toBeTruthy()
        for (const { field } of plan.fields)
          expect([
            field,
            language.upkeep.fieldsOf[`${plan.table}.${field}`] ?? language.upkeep.fields[field],
          ]).toEqual([field, expect.any(String)])
        for (const { mark } of plan.marks ?? []) expect(language.upkeep.marks[mark]).toBeTruthy()
        if (plan.owners) expect(language.upkeep.add[plan.table]).toBeTruthy()
      }
  })
})

/** A node with one entry, and a device that remembers. */
function world(entry = shelter) {
  const kept = new Map<string, unknown>()
  const node = { entry, own: false, fail: undefined as Error | undefined, sent: [] as unknown[] }
  const database = {
    get: async (_store: string, key: string) => kept.get(key),
    put: async (_store: string, key: string, value: unknown) => void kept.set(key, structuredClone(value)),
    remove: async (_store: string, keys: readonly string[]) => {
      for (const key of keys) kept.delete(key)
    },
  } as unknown as OwnDatabase
  const open = () =>
    createEdit(
      {
        database,
        userId: '@a:hn',
        async request(method, _path, body) {
          if (node.fail) throw node.fail
          if (method === 'POST') {
            node.sent.push(body)
            return {}
          }
          return {
            institution: { key: node.entry.key, name: 'Albergue', country: 'HN' },
            source: 'registry',
            view: 'network',
            entry: node.entry,
            groups: [],
            own: false,
            may: { propose: true, decide: false },
          }
        },
      },
      entry.key,
    )
  const ready = async (model: ReturnType<typeof open>) => {
    await vi.waitFor(() => expect(model.state.get().entry).toBeDefined())
    return model
  }
  return { kept, node, open, ready }
}

describe('editing', () => {
  test('keeps what was typed over a reload, and forgets it when it is sent', async () => {
    const { open, ready, node, kept } = world()
    const first = await ready(open())
    first.change((now) => setField(now, 'organizations', ORG, 'description', 'Otra'))
    first.setNote('Lo vi.')
    first.close()
    const second = await ready(open())
    expect(second.state.get()).toMatchObject({ restored: true, note: 'Lo vi.', edits: [{ to: 'Otra' }] })
    await second.send({ publish: false, confirm: [] })
    expect(node.sent).toMatchObject([{ edits: [{ field: 'description', to: 'Otra' }], note: 'Lo vi.' }])
    expect(second.state.get()).toMatchObject({ step: 'sent', sent: 'suggestion' })
    expect(kept.size).toBe(0)
  })

  test('what others changed meanwhile is shown beside what this person wrote, and neither is lost', async () => {
    const { open, ready, node } = world()
    const model = await ready(open())
    model.change((now) => setField(now, 'organizations', ORG, 'description', 'Mío'))
    model.change((now) => setField(now, 'organizations', ORG, 'website', 'https://ejemplo.example'))
    node.entry = setField(shelter, 'organizations', ORG, 'description', 'De otros')
    await model.send({ publish: false, confirm: [] })
    expect(node.sent).toEqual([])
    const { conflicts, edits } = model.state.get()
    expect(conflicts).toMatchObject([{ field: 'description', to: 'Mío' }])
    expect(edits).toMatchObject([{ field: 'website' }])
    model.settle(conflicts[0]!, 'mine')
    await model.send({ publish: false, confirm: [] })
    expect(node.sent[0]).toMatchObject({
      edits: expect.arrayContaining([expect.objectContaining({ from: 'De otros', to: 'Mío' })]),
    })
  })

  test('a step is undone, and so is discarding', async () => {
    const { open, ready } = world()
    const model = await ready(open())
    model.change((now) => setField(now, 'organizations', ORG, 'description', 'Uno'))
    model.discard()
    expect(model.state.get().edits).toEqual([])
    model.undo()
    expect(model.state.get().edits).toMatchObject([{ to: 'Uno' }])
    model.undo()
    expect(model.state.get()).toMatchObject({ edits: [], mayUndo: false })
  })

  test('the same request once more has the same id; another change has another', async () => {
    const { open, ready, node } = world()
    const model = await ready(open())
    model.change((now) => setField(now, 'organizations', ORG, 'description', 'Uno'))
    const ids: unknown[] = []
    const failing = (error: Error) => {
      const push = node.sent.push.bind(node.sent)
      node.sent.push = (body: unknown) => {
        ids.push((body as { id: string }).id)
        if (ids.length === 1) throw error
        return push(body)
      }
    }
    failing(new RequestError(502, {}))
    await model.send({ publish: false, confirm: [] })
    expect(model.state.get()).toMatchObject({ sendFailure: { kind: 'offline' }, step: 'form' })
    await model.send({ publish: false, confirm: [] })
    expect(ids[1]).toBe(ids[0])
  })
})

test('plans are found by table', () => {
  expect(planOf('phones')?.table).toBe('phones')
  expect(planOf('metadata')).toBeUndefined()
})
