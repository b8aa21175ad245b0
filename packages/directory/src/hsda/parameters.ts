import { maxQueryLength } from '../search/directory-search.ts'
import type { BilingualText } from '../text.ts'

const maxPerPage = 100
const defaultPerPage = 25

/** A parameter that cannot be honoured: an answer that ignored it would be wrong. */
export class BadParameter extends Error {
  readonly parameter: string
  readonly text: BilingualText

  constructor(parameter: string, es: string, en: string) {
    super(`${parameter}: ${en}`)
    this.parameter = parameter
    this.text = { es: `Parámetro ${parameter}: ${es}`, en: `Parameter ${parameter}: ${en}` }
  }
}

/** The query of an HSDA listing, read one parameter at a time so that an error names the right one. */
export class Parameters {
  readonly #query: URLSearchParams

  constructor(query: URLSearchParams) {
    this.#query = query
  }

  text(name: string, maxLength = maxQueryLength): string | undefined {
    const value = this.#query.get(name)?.trim()
    if (value && value.length > maxLength)
      throw new BadParameter(
        name,
        `admite hasta ${maxLength} caracteres.`,
        `at most ${maxLength} characters.`,
      )
    return value || undefined
  }

  flag(name: string): boolean {
    const value = this.#query.get(name)
    if (value === null || value === 'false' || value === '0') return false
    if (value === 'true' || value === '1' || value === '') return true
    throw new BadParameter(name, 'debe ser true o false.', 'must be true or false.')
  }

  count(name: string, fallback: number, max: number): number {
    const value = this.#query.get(name)
    if (value === null) return fallback
    const number = /^\d{1,9}$/.test(value) ? Number(value) : 0
    if (number < 1 || number > max)
      throw new BadParameter(name, `debe ser un número de 1 a ${max}.`, `must be a number from 1 to ${max}.`)
    return number
  }

  /** A number with a fraction; undefined when it is not given. */
  decimal(name: string, min: number, max: number): number | undefined {
    const value = this.text(name, 32)
    if (value === undefined) return undefined
    const number = /^[+-]?\d{1,9}(?:\.\d+)?$/.test(value) ? Number(value) : Number.NaN
    if (!(number >= min && number <= max))
      throw new BadParameter(
        name,
        `debe ser un número de ${min} a ${max}.`,
        `must be a number from ${min} to ${max}.`,
      )
    return number
  }

  time(name: string): number | undefined {
    const value = this.text(name, 64)
    if (!value) return undefined
    const time = Date.parse(value)
    if (Number.isNaN(time))
      throw new BadParameter(
        name,
        'debe ser una fecha, como 2026-01-31T00:00:00Z.',
        'must be a date such as 2026-01-31T00:00:00Z.',
      )
    return time
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.#query.get(name)
    if (value === null || value === '') return fallback
    const chosen = choices.find((choice) => choice === value)
    if (!chosen)
      throw new BadParameter(
        name,
        `debe ser uno de: ${choices.join(', ')}.`,
        `must be one of: ${choices.join(', ')}.`,
      )
    return chosen
  }

  page(): { page: number; perPage: number } {
    return {
      page: this.count('page', 1, 1_000_000),
      perPage: this.count('per_page', defaultPerPage, maxPerPage),
    }
  }
}

/** HSDA's page of results. */
export function pageOf<T>(items: readonly T[], page: number, perPage: number) {
  const totalPages = Math.ceil(items.length / perPage)
  const contents = items.slice((page - 1) * perPage, page * perPage)
  return {
    total_items: items.length,
    total_pages: totalPages,
    page_number: page,
    size: contents.length,
    first_page: page === 1,
    last_page: page >= totalPages,
    empty: contents.length === 0,
    contents,
  }
}
