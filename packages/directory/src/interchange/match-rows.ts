import { stableId } from '../ids.ts'
import { serviceLabel } from '../words.ts'
import { departmentOfTown } from './cell-places.ts'
import { type ColumnKey, columnLetters, columns } from './columns.ts'
import { EntryRows } from './entry-rows.ts'
import type { CellFaultCode } from './faults.ts'
import { addressOf, atLocationId, type Target, targetsOf } from './targets.ts'
import type { CellFault, ImportedRow, KnownInstitution, Mapping, RowValues } from './types.ts'
import { plain, readCategory } from './value-cells.ts'
import { valueText } from './value-texts.ts'

/**
 * Which service at which place a row is about. By its code, where it has one; else by the names of the service and the
 * place, or the place's address. Rows of one service or place are one record, and must say the same of it.
 */
export interface MatchedRow extends ImportedRow {
  target: Target
  isNew: boolean
}

const serviceColumns = new Set<string>()
const placeColumns = new Set<string>()
const institutionColumns = new Set<string>()
for (const [key, { of }] of Object.entries(columns)) {
  if (of === 'service') serviceColumns.add(key)
  else if (of === 'place') placeColumns.add(key)
  else if (of === 'institution') institutionColumns.add(key)
}

export function matchRows(
  institution: KnownInstitution,
  rows: readonly ImportedRow[],
  mapping: Mapping,
): { matched: MatchedRow[]; faults: CellFault[] } {
  const matcher = new Matcher(institution, mapping)
  const matched = rows.flatMap((row) => matcher.match(row) ?? [])
  return { matched: matcher.agreeing(matched), faults: matcher.faults }
}

class Matcher {
  readonly faults: CellFault[] = []
  readonly #institution: KnownInstitution
  readonly #mapping: Mapping
  readonly #rows: EntryRows
  readonly #targets: Target[]
  readonly #byId: Map<string, Target>
  readonly #servicesByName = new Map<string, string[]>()
  readonly #newServices = new Map<string, string>()
  readonly #places = new Map<string, string>()
  readonly #takenBy = new Map<string, number>()

  constructor(institution: KnownInstitution, mapping: Mapping) {
    this.#institution = institution
    this.#mapping = mapping
    this.#rows = new EntryRows(institution.entry)
    this.#targets = targetsOf(this.#rows)
    this.#byId = new Map(this.#targets.map((target) => [target.id, target]))
    for (const service of this.#rows.all('services')) {
      const name = plain(String(service['name']))
      this.#servicesByName.set(name, [...(this.#servicesByName.get(name) ?? []), service.id])
    }
    for (const location of this.#rows.all('locations')) {
      const address = addressOf(this.#rows, location.id)
      for (const name of [
        placeKey({ place: String(location['name'] ?? '') }),
        placeKey({ address: String(address?.['address_1'] ?? ''), city: String(address?.['city'] ?? '') }),
      ])
        if (name && !this.#places.has(name)) this.#places.set(name, location.id)
    }
  }

  #fault(
    row: ImportedRow,
    column: ColumnKey | undefined,
    code: CellFaultCode,
    found: string,
    extra: { suggestion?: string | undefined; detail?: string } = {},
  ) {
    const position = column === undefined ? undefined : this.#mapping.columns[column]
    this.faults.push({
      row: row.number,
      ...(column ? { column } : {}),
      ...(position === undefined ? {} : { letters: columnLetters(position) }),
      code,
      found,
      ...(extra.suggestion ? { suggestion: extra.suggestion } : {}),
      ...(extra.detail ? { detail: extra.detail } : {}),
    })
  }

  match(row: ImportedRow): MatchedRow | undefined {
    const found = row.values.id === undefined ? this.#byNames(row) : this.#byCode(row, row.values.id)
    if (!found) return undefined
    const { target } = found
    const taken = this.#takenBy.get(target.id)
    if (taken !== undefined) {
      this.#fault(row, row.values.id === undefined ? 'service' : 'id', 'twice', row.values.service ?? '', {
        detail: String(taken),
      })
      return undefined
    }
    this.#takenBy.set(target.id, row.number)
    return found
  }

  #byCode(row: ImportedRow, id: string): MatchedRow | undefined {
    const target = this.#byId.get(id)
    if (target) return { ...row, target, isNew: false }
    // Exported from here before, and imported again where the row is not yet: its names make the same code.
    const byNames = this.#byNames(row)
    if (byNames && byNames.target.id === id) return byNames
    this.#fault(row, 'id', 'unknown_row', id)
    return undefined
  }

  #byNames(row: ImportedRow): MatchedRow | undefined {
    const { values } = row
    const name = values.service ?? (values.category?.[0] ? serviceLabel(values.category[0]).es : undefined)
    if (name === undefined) {
      this.#fault(row, 'service', 'required', '')
      return undefined
    }
    const place = placeKey(values)
    const location = place === undefined ? undefined : (this.#places.get(place) ?? this.#townOnly(values))
    const known = this.#servicesByName.get(plain(name)) ?? []
    const candidates = this.#targets.filter(({ service }) => known.includes(service))
    if (place === undefined) {
      if (candidates.length === 1) return { ...row, target: candidates[0]!, isNew: false }
      if (candidates.length > 1) {
        this.#fault(row, 'place', 'which_place', '', {
          detail: candidates
            .map(({ location: id }) => String(this.#rows.row('locations', id)?.['name'] ?? ''))
            .join(', '),
        })
        return undefined
      }
    }
    const there = candidates.find((target) => target.location !== undefined && target.location === location)
    if (there) return { ...row, target: there, isNew: false }
    const service = known[0] ?? this.#newService(row, name)
    if (service === undefined) return undefined
    if (place === undefined) return { ...row, target: { id: service, service }, isNew: true }
    const at = location ?? this.#newPlace(row, place)
    if (at === undefined) return undefined
    const id = atLocationId(service, at)
    return { ...row, target: { id, service, location: at }, isNew: !this.#byId.has(id) }
  }

  /** A row that names only the town means the one place of that town without a name of its own. */
  #townOnly(values: RowValues): string | undefined {
    if (values.place !== undefined || values.address) return undefined
    const town = plain(values.city ?? '')
    const there = this.#rows.all('locations').filter(({ id }) => {
      const address = addressOf(this.#rows, id)
      return plain(String(address?.['city'] ?? this.#rows.mark(id, 'municipality') ?? '')) === town
    })
    return there.length === 1 ? there[0]!.id : undefined
  }

  #newService(row: ImportedRow, name: string): string | undefined {
    const key = plain(name)
    const made = this.#newServices.get(key)
    if (made !== undefined) return made
    if (!row.values.category?.length) {
      const guess = readCategory(name)
      this.#fault(row, 'category', 'required', '', {
        suggestion: guess.ok ? serviceLabel(guess.value).es : undefined,
      })
      return undefined
    }
    const id = this.#rows.freeId('services', (suffix) =>
      stableId(`import/${this.#institution.key}/service/${key}${suffix}`),
    )
    this.#newServices.set(key, id)
    return id
  }

  #newPlace(row: ImportedRow, key: string): string | undefined {
    const { values } = row
    if (values.address && !values.city) {
      this.#fault(row, 'city', 'no_city', '')
      return undefined
    }
    if (values.address && !values.department) {
      this.#fault(row, 'department', 'required', '', { suggestion: departmentOfTown(values.city ?? '') })
      return undefined
    }
    if (values.landmark && !values.address) {
      this.#fault(row, 'address', 'no_address', '', { suggestion: values.landmark })
      return undefined
    }
    const id = this.#rows.freeId('locations', (suffix) =>
      stableId(`import/${this.#institution.key}/location/${key}${suffix}`),
    )
    this.#places.set(key, id)
    return id
  }

  /** Rows that say of their service, place or institution what the first row of it says. */
  agreeing(matched: readonly MatchedRow[]): MatchedRow[] {
    const first = new Map<string, { row: number; value: unknown }>()
    return matched.filter((row) => {
      let agrees = true
      for (const [column, value] of Object.entries(row.values)) {
        const of = serviceColumns.has(column)
          ? row.target.service
          : placeColumns.has(column)
            ? (row.target.location ?? row.target.id)
            : institutionColumns.has(column)
              ? this.#institution.key
              : undefined
        if (of === undefined) continue
        const key = `${of} ${column}`
        const before = first.get(key)
        if (!before) first.set(key, { row: row.number, value })
        else if (!sameValue(before.value, value)) {
          const text = (one: unknown) =>
            valueText(column as ColumnKey, { [column]: one } as RowValues, 'es', this.#institution.country)
          this.#fault(row, column as ColumnKey, 'disagrees', text(value), {
            suggestion: text(before.value),
            detail: String(before.row),
          })
          agrees = false
        }
      }
      return agrees
    })
  }
}

/** Lists are compared whatever their order, texts whatever their spaces at line ends. */
export function sameValue(a: unknown, b: unknown): boolean {
  const one = (value: unknown): string =>
    JSON.stringify(
      Array.isArray(value)
        ? value.map((each) => one(each)).sort()
        : typeof value === 'object' && value !== null
          ? Object.entries(value)
              .sort(([x], [y]) => (x < y ? -1 : 1))
              .map(([name, each]) => [name, one(each)])
          : value,
    ) ?? ''
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object') return false
  return one(a) === one(b)
}

/** How places are told apart: by name, else by address and town, else by town. */
function placeKey({
  place,
  address,
  city,
}: Pick<RowValues, 'place' | 'address' | 'city'>): string | undefined {
  if (place && plain(place)) return `name/${plain(place)}`
  if (address && plain(address)) return `address/${plain(address)}/${plain(city ?? '')}`
  return city && plain(city) ? `town/${plain(city)}` : undefined
}
