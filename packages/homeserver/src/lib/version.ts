import { readFileSync } from 'node:fs'
import { z } from 'zod'

const packageFile = new URL('../../../../package.json', import.meta.url)

/** The version of Enlace that runs. */
export const ENLACE_VERSION: string = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(packageFile, 'utf8'))).version
