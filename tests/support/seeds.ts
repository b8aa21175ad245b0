/** Where one run of tests keeps the networks it has seeded. Gone when the run ends. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    seeds: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'enlace-seeds-'))
  project.provide('seeds', folder)
  return () => rm(folder, { recursive: true, force: true })
}
