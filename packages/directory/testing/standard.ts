/** Where a checkout keeps the standard's own schemas and examples: in a folder `shared/hsds` of one of its parents. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

function find(): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'shared', 'hsds')
    if (existsSync(join(candidate, 'schema', 'openapi.json'))) return `${candidate}/`
    if (dirname(folder) === folder) return undefined
  }
}

/** Ends in a slash; undefined where there is none, and tests that need it step aside. */
export const standardFolder = find()
