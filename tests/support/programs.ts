/**
 * The programs of a network, put into few files once for a run of tests: it starts some two hundred of them, and a third of what a
 * start costs is finding and reading a thousand modules. Nothing else is changed: no code is left out or made smaller, each module
 * knows its own place, and worker threads run from the sources. Gone when the run ends.
 */
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import type { TestProject } from 'vitest/node'

export type Programs = { node: string; registry: string; homeserver: string }

declare module 'vitest' {
  export interface ProvidedContext {
    programs: Programs
  }
}

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const SOURCES: Programs = {
  node: at('packages/dev-network/src/node-main.ts'),
  registry: at('apps/registry/src/main.ts'),
  homeserver: at('apps/homeserver/src/main.ts'),
}
/** The node reaches into the driver that mongoose uses: there must be one of each. */
const APART = /^(mongoose|mongodb|bson)(\/|$)/
const PLACE = /\bimport\.meta\.url\b/g

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = join(tmpdir(), `enlace-programs-${process.pid}`)
  if (!existsSync(folder)) await make(folder)
  const made = (name: keyof Programs) => join(folder, `${name}.mjs`)
  project.provide('programs', {
    node: made('node'),
    registry: made('registry'),
    homeserver: made('homeserver'),
  })
  return () => rm(folder, { recursive: true, force: true })
}

async function make(folder: string): Promise<void> {
  const build = await rolldown({
    input: SOURCES,
    platform: 'node',
    treeshake: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'apart',
        resolveId: {
          filter: { id: APART },
          handler: (id, importer) => ({ id: createRequire(importer!).resolve(id), external: 'absolute' }),
        },
      },
      {
        name: 'own-place',
        transform: {
          filter: { code: PLACE },
          handler: (code, id) => code.replace(PLACE, JSON.stringify(pathToFileURL(id).href)),
        },
      },
    ],
  })
  const making = `${folder}.making`
  await build.write({
    dir: making,
    format: 'esm',
    keepNames: true,
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
  })
  await build.close()
  await rename(making, folder)
}
