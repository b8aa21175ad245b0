import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { folderInMemory } from './tests/support/memory.ts'

const TMPDIR = folderInMemory()

/** What a person sees. */
const withBrowser = [
  'tests/browser*.test.ts',
  'tests/border-day.test.ts',
  'tests/delivery.test.ts',
  'tests/retention.test.ts',
]

const files = {
  globalSetup: ['tests/support/memory.ts'],
  env: TMPDIR ? { TMPDIR, NODE_COMPILE_CACHE: join(TMPDIR, 'code') } : {},
}

/** Networks of real servers: what is waited for comes when it comes. */
const patient = {
  ...files,
  globalSetup: [...files.globalSetup, 'tests/support/seeds.ts', 'tests/support/programs.ts'],
  testTimeout: 180_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 60_000, interval: 50 } },
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          ...files,
          // One process for many files: their own modules are fresh in each, what comes from `node_modules` is loaded once.
          isolate: false,
          include: [
            'packages/**/src/**/*.test.ts',
            'apps/**/src/**/*.test.{ts,tsx}',
            'apps/web/scripts/*.test.ts',
          ],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // What is waited for comes when it comes: a busy machine makes a test slow, not red.
          expect: { poll: { timeout: 30_000, interval: 20 } },
        },
      },
      {
        test: {
          name: 'network',
          include: ['tests/**/*.test.ts'],
          exclude: withBrowser,
          sequence: { groupOrder: 1 },
          ...patient,
        },
      },
      {
        test: {
          name: 'browser',
          include: withBrowser,
          sequence: { groupOrder: 1 },
          ...patient,
        },
      },
    ],
    maxWorkers: 2,
  },
})
