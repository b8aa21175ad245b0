import { acronyms } from '../search/vocabulary.ts'
import type { KnownInstitution } from './types.ts'
import { type CellRead, closest, plain } from './value-cells.ts'

/** Which institution a cell names: by its key, its name, or what it is called for short. */
export class InstitutionNames {
  readonly #byName = new Map<string, KnownInstitution[]>()
  readonly #byKey: Map<string, KnownInstitution>

  constructor(institutions: readonly KnownInstitution[]) {
    this.#byKey = new Map(institutions.map((each) => [each.key, each]))
    for (const institution of institutions) {
      const names = new Set([institution.name, withoutBrackets(institution.name)].map(plain))
      for (const { names: short, full, country } of acronyms)
        if (
          (!country || country === institution.country) &&
          (short.some((name) => ` ${plain(institution.name)} `.includes(` ${name} `)) ||
            plain(institution.name).includes(plain(full)))
        )
          for (const name of short) names.add(name)
      for (const [, inBrackets] of institution.name.matchAll(/\(([^()]{2,12})\)/g))
        names.add(plain(inBrackets!))
      for (const name of names)
        if (name) this.#byName.set(name, [...(this.#byName.get(name) ?? []), institution])
    }
  }

  byKey(key: string): KnownInstitution | undefined {
    return this.#byKey.get(key)
  }

  read(cell: string): CellRead<KnownInstitution> {
    const key = cell.trim().toLowerCase()
    const byKey = this.#byKey.get(key)
    if (byKey) return { ok: true, value: byKey }
    const found = this.#byName.get(plain(cell)) ?? []
    if (found.length === 1) return { ok: true, value: found[0]! }
    if (found.length > 1)
      return {
        ok: false,
        code: 'ambiguous_institution',
        suggestion: found[0]!.key,
        detail: found.map((each) => `${each.key} (${each.name})`).join(', '),
      }
    const near = /^[a-z]{2}-[a-z0-9-]+$/.test(key)
      ? closest(key, this.#byKey.keys())
      : closest(
          cell,
          [...this.#byName.values()].flat().map(({ name }) => name),
        )
    return { ok: false, code: 'unknown_institution', ...(near ? { suggestion: near } : {}) }
  }
}

const withoutBrackets = (name: string) => name.replace(/\s*\([^()]*\)/g, '')
