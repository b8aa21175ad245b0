import { maxQueryLength } from '@enlace/directory'
import type { Request } from 'express'
import { badParameter, type RegistryError } from '../errors.ts'

const maxPerPage = 100
const defaultPerPage = 25

/** The query of an HSDA listing, read one parameter at a time so that an error names the right one. */
export class Parameters {
  readonly #query: URLSearchParams

  constructor(req: Request) {
    const at = req.url.indexOf('?')
    this.#query = new URLSearchParams(at < 0 ? '' : req.url.slice(at + 1))
  }

  text(name: string, maxLength = maxQueryLength): string | undefined {
    const value = this.#query.get(name)?.trim()
    if (value && value.length > maxLength)
      throw badParameter(name, `admite hasta ${maxLength} caracteres.`, `at most ${maxLength} characters.`)
    return value || undefined
  }

  flag(name: string): boolean {
    const value = this.#query.get(name)
    if (value === null || value === 'false' || value === '0') return false
    if (value === 'true' || value === '1' || value === '') return true
    throw badParameter(name, 'debe ser true o false.', 'must be true or false.')
  }

  number(name: string, fallback: number, max: number): number {
    const value = this.#query.get(name)
    if (value === null) return fallback
    const number = /^\d{1,9}$/.test(value) ? Number(value) : 0
    if (number < 1 || number > max)
      throw badParameter(name, `debe ser un número de 1 a ${max}.`, `must be a number from 1 to ${max}.`)
    return number
  }

  time(name: string): number | undefined {
    const value = this.text(name, 64)
    if (!value) return undefined
    const time = Date.parse(value)
    if (Number.isNaN(time))
      throw badParameter(
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
      throw badParameter(
        name,
        `debe ser uno de: ${choices.join(', ')}.`,
        `must be one of: ${choices.join(', ')}.`,
      )
    return chosen
  }

  page(): { page: number; perPage: number } {
    return {
      page: this.number('page', 1, 1_000_000),
      perPage: this.number('per_page', defaultPerPage, maxPerPage),
    }
  }

  /** HSDA parameters this directory cannot honour are refused: an answer that ignored them would be wrong. */
  refuse(name: string, es: string, en: string): RegistryError | undefined {
    return this.#query.get(name) ? badParameter(name, es, en) : undefined
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
