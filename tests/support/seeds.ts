/** Where one run of tests keeps the networks it has seeded, for all of its projects. Gone when the run ends. */
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    seeds: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = join(tmpdir(), `enlace-seeds-${process.pid}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  project.provide('seeds', folder)
  return () => rm(folder, { recursive: true, force: true })
}
