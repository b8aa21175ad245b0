/** One document of the registry, kept on disk for when it cannot be reached, and asked for again only if it changed. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { fetch } from 'undici'

export interface RegistryCopy {
  /** Takes the copy on disk; nothing happens when there is none, or none that is accepted. */
  load(): Promise<void>
  /** @returns whether there is something new. @throws when the registry does not answer as it should */
  refresh(): Promise<boolean>
}

interface CopyOptions {
  url: URL
  file: string
  maxBytes: number
  headers?: Record<string, string>
  /** Takes what came; false when it is not what was asked for. */
  accept(value: unknown): boolean
}

const TIMEOUT_MS = 15_000

export function registryCopy({ url, file, maxBytes, headers = {}, accept }: CopyOptions): RegistryCopy {
  let etag: string | undefined
  return {
    async load() {
      try {
        accept(JSON.parse(await readFile(file, 'utf8')))
      } catch {
        // No copy yet: what is shipped serves until the registry answers.
      }
    },
    async refresh() {
      const response = await fetch(url, {
        headers: { ...headers, ...(etag ? { 'If-None-Match': etag } : {}) },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      if (response.status === 304) return false
      const text = await response.text()
      if (!response.ok || text.length > maxBytes || !accept(JSON.parse(text)))
        throw new Error(`${url.pathname}: status ${response.status}`)
      etag = response.headers.get('etag') ?? undefined
      await writeFile(`${file}.new`, text, { mode: 0o600 })
      await rename(`${file}.new`, file)
      return true
    },
  }
}
