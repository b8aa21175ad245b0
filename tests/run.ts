/**
 * `npm test`: makes sure a browser is there, builds the web client, runs every test, and closes with one line
 * that counts them. Arguments are passed on to vitest (`npm test -- packages/room-model`).
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureWebClient } from '@enlace/dev-network/web-build'
import { z } from 'zod'
import { ensureBrowser } from './support/browser-install.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const args = process.argv.slice(2)
const scoped = args.some((arg) => !arg.startsWith('-') && !arg.startsWith('tests'))

if (!scoped) {
  await ensureWebClient((line) => console.log(line))
  process.env.ENLACE_CHROMIUM = await ensureBrowser((line) => console.log(line))
}

const folder = await mkdtemp(join(tmpdir(), 'enlace-test-'))
const report = join(folder, 'report.json')
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const code = await new Promise<number>((done) => {
  spawn(
    process.execPath,
    [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args],
    { cwd: root, stdio: 'inherit' },
  ).once('close', (status) => done(status ?? 1))
})
const counts = z
  .object({ numPassedTests: z.number(), numFailedTests: z.number(), numPendingTests: z.number() })
  .safeParse(JSON.parse(await readFile(report, 'utf8').catch(() => 'null')))
await rm(folder, { recursive: true, force: true })
if (counts.success) {
  const { numPassedTests, numFailedTests, numPendingTests } = counts.data
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`)
}
process.exit(code === 0 && !(counts.success && counts.data.numPassedTests > 0) ? 1 : code)
