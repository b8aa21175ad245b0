import { isFullPlusCode, metresBetween, positionOfPlusCode, wholePlusCode } from '../entry/plus-code.ts'
import { countryName } from '../words.ts'
import { countryOfDepartment, positionNamed } from './cell-places.ts'
import type { ColumnKey } from './columns.ts'
import { readCosts } from './cost-cells.ts'
import { readHours } from './hours-text.ts'
import { readEmail, readWebsite } from './internet-cells.ts'
import { coordinateFault, readDate, readDegrees } from './measure-cells.ts'
import { type PhoneContext, readNumber, readPhones } from './phone-cells.ts'
import { type ReadOptions, RowCells } from './row-cells.ts'
import type {
  CellFault,
  ContactValue,
  ImportedRow,
  KnownInstitution,
  Mapping,
  PhoneValue,
  RowValues,
  Sheet,
} from './types.ts'
import {
  type CellRead,
  listOf,
  readAge,
  readCategory,
  readChoice,
  readChoices,
  readCountry,
  readDepartment,
  readLanguage,
  readPostalCode,
  readWhole,
  readYesNo,
} from './value-cells.ts'

/** Rows of a table to values, cell by cell. A row is taken whole or not at all; every fault of it is named at once. */

export interface RowsRead {
  rows: ImportedRow[]
  faults: CellFault[]
  /** how many rows say anything */
  count: number
}

export function readRows(sheet: Sheet, mapping: Mapping, options: ReadOptions): RowsRead {
  const rows: ImportedRow[] = []
  const faults: CellFault[] = []
  let count = 0
  for (let at = mapping.headerRow + 1; at < sheet.rows.length; at++) {
    const reader = new RowReader(sheet, at, mapping, options)
    if (reader.isEmpty()) continue
    count += 1
    const row = reader.read()
    if (reader.faults.length > 0) faults.push(...reader.faults)
    else if (row) rows.push(row)
  }
  return { rows, faults, count }
}

class RowReader extends RowCells {
  read(): ImportedRow | undefined {
    const institution = this.#institution()
    this.#institutionCells()
    this.#serviceCells(institution)
    const country = this.#placeCells(institution)
    this.#targetCells(institution, country)
    const id = this.take('id', (cell) => ({ ok: true, value: cell.trim() }))
    if (id) this.values.id = id
    return institution
      ? { number: this.at + 1, institution: institution.key, values: this.values }
      : undefined
  }

  #institution(): KnownInstitution | undefined {
    const { institutions, own } = this.options
    for (const column of ['institution_key', 'institution'] as const) {
      if (this.said(column) !== undefined) return this.take(column, (cell) => institutions.read(cell))
    }
    if (own !== undefined) return institutions.byKey(own)
    this.fault(this.mapping.columns.institution !== undefined ? 'institution' : 'institution_key', 'required')
    return undefined
  }

  #text(column: ColumnKey): string | undefined {
    return this.take(column, (cell) => ({ ok: true, value: cell.trim() }))
  }

  #list(column: ColumnKey): string[] | undefined {
    return this.take(column, (cell) => ({ ok: true, value: listOf(cell) }))
  }

  #institutionCells(): void {
    this.put('website', this.take('website', readWebsite), null)
    this.put('institution_email', this.take('institution_email', readEmail), null)
  }

  #serviceCells(institution: KnownInstitution | undefined): void {
    const service = this.#text('service')
    const category = this.take('category', (cell) => readChoices(cell, readCategory))
    this.put('service', service)
    this.put('category', category?.sort())
    if (!this.said('service') && !this.said('category') && !this.said('id')) this.fault('service', 'required')
    for (const column of ['description', 'application', 'wait_time', 'eligibility'] as const)
      this.put(column, this.#text(column), null)
    this.put(
      'status',
      this.take('status', (cell) => readChoice('status', cell)),
    )
    this.put('minimum_age', this.take('minimum_age', readAge), null)
    this.put('maximum_age', this.take('maximum_age', readAge), null)
    const { minimum_age: minimum, maximum_age: maximum } = this.values
    if (typeof minimum === 'number' && typeof maximum === 'number' && maximum < minimum)
      this.fault('maximum_age', 'ages_swapped')
    for (const column of ['sexes', 'situations'] as const)
      this.put(
        column,
        this.take(column, (cell) => readChoices(cell, (word) => readChoice(column, word)))?.sort(),
        [],
      )
    this.put(
      'nationalities',
      this.take('nationalities', (cell) => readChoices(cell, readCountry))?.sort(),
      [],
    )
    this.put('languages', this.take('languages', (cell) => readChoices(cell, readLanguage))?.sort(), [])
    this.put('documents', this.#list('documents'), [])
    this.put('service_area', this.#list('service_area'), [])
    this.put(
      'cost',
      this.take('cost', (cell) => readCosts(cell, institution?.country ?? 'HN')),
      [],
    )
    this.put(
      'beds_free',
      this.take('beds_free', (cell) => readWhole(cell, 'no_count')),
    )
    this.put(
      'beds_total',
      this.take('beds_total', (cell) => readWhole(cell, 'no_count')),
      null,
    )
    const updated = this.take('beds_updated', readDate)
    if (updated && Date.parse(updated) > this.options.now + 86_400_000)
      this.fault('beds_updated', 'future_date')
    this.put('beds_updated', updated && (updated.includes('T') ? updated : `${updated}T00:00:00-06:00`))
    const { beds_free: free, beds_total: total } = this.values
    if (free !== undefined && typeof total === 'number' && free > total)
      this.fault('beds_free', 'more_than_all')
  }

  /** @returns the country the place is in */
  #placeCells(institution: KnownInstitution | undefined): string {
    const values = this.values
    this.put('place', this.#text('place'))
    for (const column of ['address', 'landmark', 'city', 'transport'] as const)
      this.put(column, this.#text(column), null)
    this.put('accessibility', this.#list('accessibility'), [])
    // A misspelt country is the one its department lies in, rather than the one it looks most like.
    const placed = countryOfDepartment(this.said('department'))
    this.put(
      'country',
      this.take('country', (cell) => {
        const read = readCountry(cell)
        return read.ok || !placed ? read : { ...read, suggestion: countryName(placed).es }
      }),
    )
    const country = values.country ?? placed ?? institution?.country ?? 'HN'
    this.put(
      'department',
      this.take('department', (cell) => readDepartment(cell, country)),
      null,
    )
    this.put(
      'postal_code',
      this.take('postal_code', (cell) => readPostalCode(cell, country, values.department)),
      null,
    )
    if (
      values.address === undefined &&
      values.landmark &&
      this.said('address') === undefined &&
      this.cell('address') !== undefined
    )
      this.fault('address', 'no_address', { suggestion: values.landmark })
    this.#coordinates(country)
    // Where the country is told by the department alone, it is said.
    if (values.country === undefined && values.department && institution && country !== institution.country)
      values.country = country
    return country
  }

  #coordinates(country: string): void {
    const pair = this.take('coordinates', (cell): CellRead<[number, number]> => {
      const parts = cell
        .split(/[;|]|,\s+|\s{1,}(?=[-\d])|(?<=\d),(?=-?\d{1,3}[.])/)
        .filter((part) => part.trim() !== '')
      const [latitude, longitude] = parts.map((part) => readDegrees(part.replace(/,$/, '')))
      if (parts.length !== 2 || !latitude?.ok || !longitude?.ok) return { ok: false, code: 'no_coordinate' }
      return { ok: true, value: [latitude.value, longitude.value] }
    })
    const latitude = pair?.[0] ?? this.take('latitude', readDegrees)
    const longitude = pair?.[1] ?? this.take('longitude', readDegrees)
    const whole = this.#isWhole('latitude', latitude) && this.#isWhole('longitude', longitude)
    const fault = whole
      ? coordinateFault(
          {
            ...(latitude === undefined ? {} : { latitude }),
            ...(longitude === undefined ? {} : { longitude }),
          },
          country,
        )
      : undefined
    if (fault) this.fault(pair ? 'coordinates' : fault.column, fault.code, pair ? {} : fault)
    this.put('latitude', latitude, null)
    this.put('longitude', longitude, null)
    const code = this.take('plus_code', (cell): CellRead<string> => {
      const [short, ...town] = cell.trim().split(/[\s,]+/)
      const whole = short!.toUpperCase()
      if (isFullPlusCode(whole) && !/0\+|\+$/.test(whole)) return { ok: true, value: whole }
      const near =
        positionNamed(town.join(' ')) ??
        positionNamed(this.values.city ?? '') ??
        (latitude !== undefined && longitude !== undefined ? { latitude, longitude } : undefined)
      const made = near ? wholePlusCode(short!, near) : undefined
      return made ? { ok: true, value: made } : { ok: false, code: 'no_plus_code' }
    })
    const position = code ? positionOfPlusCode(code) : undefined
    if (
      position &&
      latitude !== undefined &&
      longitude !== undefined &&
      !fault &&
      metresBetween(position, { latitude, longitude }) > 1_000
    )
      this.fault('plus_code', 'far_from_place')
    this.put('plus_code', code, null)
  }

  /** Whether a cell that says something could be read. */
  #isWhole(column: ColumnKey, value: unknown): boolean {
    return value !== undefined || this.said(column) === undefined
  }

  #targetCells(institution: KnownInstitution | undefined, country: string): void {
    // Whose number it is decides which numbers there are.
    const context: PhoneContext | undefined = institution && {
      country,
      example: institution.example === true,
    }
    if (context) {
      this.put('phone', this.#phones(context), [])
      this.put('contact', this.#contact(context), {})
    }
    this.put('hours', this.#hours(), [])
    this.put(
      'holidays',
      this.take('holidays', (cell) => readChoice('holidays', cell)) as RowValues['holidays'],
      null,
    )
  }

  #phones(context: PhoneContext): PhoneValue[] | undefined {
    let phones = this.take('phone', (cell) => readPhones(cell, context))
    const broken = this.said('phone') !== undefined && phones === undefined
    const extension = this.take(
      'extension',
      (cell): CellRead<number> =>
        /^(?:ext\.?\s*)?\d{1,7}$/i.test(cell.trim())
          ? { ok: true, value: Number(/\d+/.exec(cell)![0]) }
          : { ok: false, code: 'no_extension' },
    )
    if (extension !== undefined && !broken) {
      if (!phones?.[0]) this.fault('extension', 'no_phone_for_it')
      else phones = [{ ...phones[0], extension }, ...phones.slice(1)]
    }
    for (const [column, mark] of [
      ['whatsapp', 'whatsapp'],
      ['night', 'night'],
    ] as const) {
      const said = this.take(
        column,
        (cell): CellRead<boolean | string> =>
          /\d{4}/.test(cell) ? readNumber(cell, context) : readYesNo(cell),
      )
      if (said === undefined || broken) continue
      if (typeof said === 'string') {
        const known = phones?.find(({ number }) => number === said)
        phones = known
          ? phones!.map((each) => (each === known ? { ...each, [mark]: true } : each))
          : [...(phones ?? []), { number: said, [mark]: true }]
      } else if (phones?.[0]) phones = [{ ...phones[0], [mark]: said }, ...phones.slice(1)]
      else if (said) this.fault(column, 'no_phone_for_it')
    }
    return phones
  }

  #contact(context: PhoneContext): ContactValue | undefined {
    const title = this.#text('contact')
    const name = this.#text('contact_name')
    const email = this.take('contact_email', readEmail)
    const phone = this.take('contact_phone', (cell) => readPhones(cell, context))?.[0]
    const value = {
      ...(title ? { title } : {}),
      ...(name ? { name } : {}),
      ...(email ? { email } : {}),
      ...(phone ? { phone } : {}),
    }
    return Object.keys(value).length > 0 ? value : undefined
  }

  #hours() {
    if (this.said('hours') !== undefined) return this.take('hours', readHours)
    const [days, opens, closes] = (['days', 'opens', 'closes'] as const).map((column) => this.said(column))
    if (days === undefined && opens === undefined && closes === undefined) return undefined
    const column = days !== undefined ? 'days' : opens !== undefined ? 'opens' : 'closes'
    if (
      !(['days', 'opens', 'closes'] as const).every(
        (each) => this.said(each) === undefined || this.isSound(each),
      )
    )
      return undefined
    if (days !== undefined && opens === undefined && closes === undefined && /\d/.test(days))
      return this.take('days', readHours)
    if (opens === undefined || closes === undefined) {
      this.fault(
        opens === undefined
          ? this.cell('opens') === undefined
            ? column
            : 'opens'
          : this.cell('closes') === undefined
            ? column
            : 'closes',
        'no_times',
      )
      return undefined
    }
    if (days === undefined) {
      this.fault(this.cell('days') === undefined ? 'opens' : 'days', 'no_days')
      return undefined
    }
    const read = readHours(`${days} ${opens}-${closes}`)
    if (read.ok) return read.value
    this.fault(
      read.code === 'no_hours'
        ? 'days'
        : read.code === 'unclear_times' || read.code === 'no_such_time'
          ? badTime(opens)
            ? 'opens'
            : 'closes'
          : column,
      read.code,
    )
    return undefined
  }
}

const badTime = (cell: string) => !readHours(`L ${cell}-23:59`).ok
