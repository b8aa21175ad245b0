import type { Row } from '../hsds/tables.ts'
import { stableId } from '../ids.ts'
import type { EntryRows } from './entry-rows.ts'
import { type MatchedRow, sameValue } from './match-rows.ts'
import { reconcile, type SharedKind } from './reconcile.ts'
import {
  contactOf,
  contactValue,
  holidaysOf,
  hoursValue,
  phoneValue,
  schedulesOf,
  type Target,
  targetsOf,
} from './targets.ts'
import type { ContactValue, HoursValue, PhoneValue } from './types.ts'

/** Telephones, hours and contacts of rows, which services and places may share. */

const yesNo = (value: boolean | undefined) => (value === undefined ? undefined : value ? 'yes' : 'no')

function writePhone(
  rows: EntryRows,
  id: string,
  owner: Record<string, string>,
  value: PhoneValue,
  before?: Row,
): void {
  if (!rows.row('phones', id)) rows.add('phones', { id, ...owner, number: value.number })
  rows.set('phones', id, 'number', value.number)
  rows.set('phones', id, 'extension', value.extension)
  rows.set('phones', id, 'type', value.type)
  // A description that a cell cannot carry is not the table's to take away.
  if (value.description !== undefined || !before || phoneValue(rows, before).description !== undefined)
    rows.set('phones', id, 'description', value.description)
  rows.setMark('phones', id, 'whatsapp', yesNo(value.whatsapp))
  rows.setMark('phones', id, 'answers_at_night', yesNo(value.night))
}

const phones: SharedKind<PhoneValue> = {
  table: 'phones',
  value: (rows, row) => (row['contact_id'] === undefined ? phoneValue(rows, row) : undefined),
  write: writePhone,
  name: ({ number, extension }) => `${number}/${extension ?? ''}`,
  isSuccessor: (before, after) => before.number === after.number,
  common: 'location_id',
  newId: (owner, name, suffix) => stableId(`import/${owner}/phones/${name}${suffix}`),
}

interface DatedHours extends HoursValue {
  holidays?: 'as_usual' | 'closed'
}

const hours: SharedKind<DatedHours> = {
  table: 'schedules',
  value(rows, row) {
    const value = hoursValue(rows, row)
    if (!value) return undefined
    const holidays = holidaysOf(rows, [row])
    return { ...value, ...(holidays ? { holidays } : {}) }
  },
  write(rows, id, owner, { byday, opens, closes, holidays }) {
    if (!rows.row('schedules', id)) rows.add('schedules', { id, ...owner, freq: 'WEEKLY', timezone: -6 })
    rows.set('schedules', id, 'byday', byday)
    rows.set('schedules', id, 'opens_at', opens)
    rows.set('schedules', id, 'closes_at', closes)
    rows.setMark('schedules', id, 'holidays', holidays)
  },
  name: ({ byday, opens, closes }) => `${byday}/${opens}/${closes}`,
  isSuccessor: (before, after) => before.byday === after.byday,
  common: 'service_id',
  newId: (owner, name, suffix) => stableId(`import/${owner}/schedules/${name}${suffix}`),
}

/** What a cell does not say of a number that is known already stays as it is. */
function completed(said: PhoneValue, known: readonly PhoneValue[]): PhoneValue {
  const same = known.find(
    (each) =>
      each.number === said.number && (said.extension === undefined || each.extension === said.extension),
  )
  return same ? { ...same, ...said } : said
}

export function writeShared(rows: EntryRows, matched: readonly MatchedRow[]): void {
  const targets = targetsOf(rows)
  const wantedPhones = new Map<string, PhoneValue[]>()
  const wantedHours = new Map<string, DatedHours[]>()
  for (const { values, target } of matched) {
    if (values.phone) {
      const known = rows
        .all('phones')
        .filter((row) => phones.value(rows, row) && targetCovers(row, target))
        .map((row) => phoneValue(rows, row))
      wantedPhones.set(
        target.id,
        values.phone.map((phone) => completed(phone, known)),
      )
    }
    if (values.hours || values.holidays !== undefined) {
      const now = schedulesOf(rows, target)
      const holidays = values.holidays === undefined ? undefined : (values.holidays ?? 'unsaid')
      const current = now.map((row) => hours.value(rows, row)!)
      const kept = values.hours ?? current.map(({ byday, opens, closes }) => ({ byday, opens, closes }))
      const usual = holidaysOf(rows, now)
      wantedHours.set(
        target.id,
        kept.map((each) => {
          const same = current.find(
            ({ byday, opens, closes }) =>
              byday === each.byday && opens === each.opens && closes === each.closes,
          )
          const mark =
            holidays === undefined
              ? same
                ? same.holidays
                : usual
              : holidays === 'unsaid'
                ? undefined
                : holidays
          return {
            byday: each.byday,
            opens: each.opens,
            closes: each.closes,
            ...(mark ? { holidays: mark } : {}),
          }
        }),
      )
    }
  }
  reconcile(rows, phones, targets, wantedPhones)
  reconcile(rows, hours, targets, wantedHours)
  writeContacts(rows, targets, matched)
}

const targetCovers = (row: Row, target: Target) =>
  [
    [row['service_at_location_id'], target.id],
    [row['service_id'], target.service],
    [row['location_id'], target.location],
  ].every(([named, own]) => named === undefined || named === own)

/** A contact that several services share is changed for all when all their rows say the same; else the row gets its own. */
function writeContacts(rows: EntryRows, targets: readonly Target[], matched: readonly MatchedRow[]): void {
  const wanted = new Map<string, ContactValue>()
  const current = new Map(targets.map((target) => [target.id, contactOf(rows, target)]))
  for (const { values, target } of matched) {
    if (!values.contact) continue
    const row = current.get(target.id)
    const before = row ? contactValue(rows, row) : {}
    const phone =
      values.contact.phone &&
      (before.phone ? completed(values.contact.phone, [before.phone]) : values.contact.phone)
    // Cells that are empty say nothing; an empty contact as a whole says that there is none.
    const after: ContactValue =
      Object.keys(values.contact).length === 0
        ? {}
        : { ...before, ...values.contact, ...(phone ? { phone } : {}) }
    if (!sameValue(before, after)) wanted.set(target.id, after)
  }
  for (const [id, value] of wanted) {
    const target = targets.find((each) => each.id === id)!
    const row = current.get(id)
    const sharing = row ? targets.filter((each) => current.get(each.id)?.id === row.id) : []
    if (row && sharing.every((each) => wanted.has(each.id) && sameValue(wanted.get(each.id), value)))
      writeContact(rows, row.id, {}, value)
    else if (Object.keys(value).length > 0) {
      const owner: Record<string, string> =
        target.location === undefined ? { service_id: target.service } : { service_at_location_id: target.id }
      const name = `${value.title ?? ''}/${value.name ?? ''}/${value.email ?? ''}`
      const made = rows.freeId('contacts', (suffix) => stableId(`import/${id}/contacts/${name}${suffix}`))
      writeContact(rows, made, owner, value)
    }
  }
}

function writeContact(rows: EntryRows, id: string, owner: Record<string, string>, value: ContactValue): void {
  if (Object.keys(value).length === 0) {
    rows.remove('contacts', id)
    return
  }
  if (!rows.row('contacts', id)) rows.add('contacts', { id, ...owner })
  rows.set('contacts', id, 'title', value.title)
  rows.set('contacts', id, 'name', value.name)
  rows.set('contacts', id, 'email', value.email)
  const phone = rows.of('phones', 'contact_id', id)[0]
  if (value.phone) {
    const phoneId =
      phone?.id ??
      rows.freeId('phones', (suffix) => stableId(`import/${id}/phones/${value.phone!.number}${suffix}`))
    writePhone(rows, phoneId, { contact_id: id }, value.phone, phone)
  }
}
