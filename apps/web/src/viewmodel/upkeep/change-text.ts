import type { DirectoryEntry } from '@enlace/directory/entry'
import { languageName } from '@enlace/directory/language'
import { isMarkType, markTypes } from '@enlace/directory/marks'
import { foreignKeys, objectNames, type Row, type TableName } from '@enlace/directory/tables'
import type { BilingualText } from '@enlace/directory/text'
import type { Edit, FieldGroup } from '@enlace/directory/upkeep'
import { countryName, serviceLabel } from '@enlace/directory/words'
import type { Language, Words } from '../../words/types.ts'
import { phoneAsShown, rowOf } from './entry-draft.ts'

/** Changes of an entry in a person's words. */

/** "Teléfono «Recepción»": which record is meant. */
export function recordName(
  entry: DirectoryEntry,
  table: TableName,
  row: Row | undefined,
  words: Words,
  language: Language,
): string {
  const what = words.upkeep.tables[table] ?? table
  if (!row || table === 'organizations') return what
  const owner = (['service_id', 'location_id', 'contact_id'] as const).flatMap((key) => {
    const target = foreignKeys[table].get(key)
    const of = target && row[key] !== undefined ? rowOf(entry, target, String(row[key])) : undefined
    return of ? [String(of['name'] ?? of['title'] ?? '')] : []
  })[0]
  const own = [
    row['description'],
    row['name'],
    row['title'],
    row['document'],
    row['option'],
    row['address_1'],
  ]
    .map((one) => (typeof one === 'string' ? one.trim() : ''))
    .find((one) => one !== '')
  const name =
    table === 'phones'
      ? own || phoneAsShown(row['number'])
      : table === 'languages'
        ? languageName(String(row['code']))[language]
        : own || owner
  return name ? `${what} «${shortened(name)}»` : what
}

const shortened = (text: string) => (text.length > 60 ? `${text.slice(0, 59)}…` : text)

export const fieldName = (table: TableName, field: string, words: Words): string =>
  words.upkeep.fieldsOf[`${table}.${field}`] ?? words.upkeep.fields[field] ?? field

export function valueText(
  table: TableName,
  field: string,
  value: unknown,
  words: Words,
  language: Language,
): string {
  if (value === undefined || value === '') return words.upkeep.empty
  if (table === 'phones' && field === 'number') return phoneAsShown(value)
  if (field === 'byday') return daysText(String(value), words)
  if (table === 'languages' && field === 'code') return languageName(String(value))[language]
  if (field === 'country') return countryName(String(value))[language]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value)
}

const daysText = (value: string, words: Words) =>
  value
    .split(',')
    .map((day) => words.upkeep.days[day] ?? day)
    .join(', ')

/** What a mark says, as a person reads it. */
function markValue(table: TableName, type: string, value: string, words: Words, language: Language): string {
  if (type === 'service_category') return serviceLabel(value)[language]
  if (type === 'network_only' || type === 'public')
    return value
      .split(',')
      .map((field) => fieldName(table, field, words))
      .join(', ')
  if (!isMarkType(type)) return value
  const definition = markTypes[type]
  const values: Readonly<Record<string, BilingualText>> = 'values' in definition ? definition.values : {}
  return values[value]?.[language] ?? value
}

/** Which record a mark is about, and what kind of mark it is. */
function markParts(entry: DirectoryEntry, mark: Row, words: Words, language: Language) {
  const type = String(mark['link_type'])
  const table =
    (Object.keys(objectNames) as TableName[]).find((name) => objectNames[name] === mark['link_entity']) ??
    'organizations'
  const row = rowOf(entry, table, String(mark['link_id']))
  const what = `${recordName(entry, table, row, words, language)}: ${words.upkeep.marks[type] ?? type}`
  return { what, said: (value: unknown) => markValue(table, type, String(value), words, language) }
}

/** @param entry before, with the records that the edits are about */
export function changeText(
  edit: Edit,
  entry: DirectoryEntry,
  words: Words,
  language: Language,
  after: DirectoryEntry = entry,
): string {
  const { change } = words.upkeep
  if (edit.table === 'attributes') {
    const mark = edit.kind === 'set' ? rowOf(entry, 'attributes', edit.id) : edit.row
    if (mark?.['link_type'] === 'assured' && edit.kind !== 'remove') {
      const [group, date] = String(edit.kind === 'set' ? edit.to : mark['value']).split(':')
      return `${change.confirmed(words.upkeep.groups[group as FieldGroup] ?? group ?? '')} (${date})`
    }
    if (!mark) return words.upkeep.tables['attributes'] ?? ''
    const { what, said } = markParts(isOwnerIn(after, mark) ? after : entry, mark, words, language)
    if (edit.kind === 'set') return change.set(what, said(edit.from), said(edit.to))
    const text = `${what}: ${said(mark['value'])}`
    return edit.kind === 'add' ? change.added(text) : change.removed(text)
  }
  if (edit.kind !== 'set') {
    const name = recordName(edit.kind === 'add' ? after : entry, edit.table, edit.row, words, language)
    if (edit.kind === 'remove') return change.removed(name)
    const facts = Object.entries(edit.row)
      .filter(
        ([field, value]) =>
          words.upkeep.fields[field] !== undefined && value !== '' && field !== 'type' && field !== 'status',
      )
      .map(([field, value]) => valueText(edit.table, field, value, words, language))
    return change.added([name, ...facts.filter((one) => !name.includes(one))].join(', '))
  }
  const row = rowOf(entry, edit.table, edit.id)
  const what = [
    ...(edit.table === 'organizations' ? [] : [recordName(entry, edit.table, row, words, language)]),
    fieldName(edit.table, edit.field, words),
  ].join(': ')
  return change.set(
    what,
    valueText(edit.table, edit.field, edit.from, words, language),
    valueText(edit.table, edit.field, edit.to, words, language),
  )
}

function isOwnerIn(entry: DirectoryEntry, mark: Row): boolean {
  return Object.values(entry.records).some((rows) => rows?.some(({ id }) => id === mark['link_id']))
}

/** What need not be read: what the node writes by itself, and what follows from something else that is said. */
export function isQuiet(edit: Edit): boolean {
  if (edit.table === 'units' || edit.table === 'service_at_location') return true
  if (edit.kind === 'set') return edit.table === 'service_capacity' && edit.field === 'updated'
  return edit.kind === 'remove' && edit.table === 'attributes' && edit.row['link_type'] === 'assured'
}
