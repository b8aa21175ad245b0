/**
 * `npm test`: makes sure a browser is there, builds the web client, runs every test, and closes with one line
 * that counts them. Arguments are passed on to vitest (`npm test -- packages/room-model`).
 *
 * A file that is red in the whole run is run once more, alone: a machine that was too busy is told from a fault. Whatever
 * is green only then is named at the end, since it is unsteady and wants mending.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureWebClient } from '@enlace/dev-network/web-build'
import { z } from 'zod'
import { ensureBrowser } from './support/browser-install.ts'

/** More red files than this are no accident. */
const MAX_AGAIN = 5

const root = fileURLToPath(new URL('..', import.meta.url))
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
})

/** One run. @returns its exit code, and what it reported unless it broke off */
async function run(args: string[]): Promise<{ code: number; report?: z.infer<typeof Report> }> {
  const folder = await mkdtemp(join(tmpdir(), 'enlace-test-'))
  const file = join(folder, 'report.json')
  const code = await new Promise<number>((done) => {
    spawn(
      process.execPath,
      [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...args],
      { cwd: root, stdio: 'inherit' },
    ).once('close', (status) => done(status ?? 1))
  })
  const report = Report.safeParse(JSON.parse(await readFile(file, 'utf8').catch(() => 'null')))
  await rm(folder, { recursive: true, force: true })
  return report.success ? { code, report: report.data } : { code }
}

const args = process.argv.slice(2)
const scoped = args.some((arg) => !arg.startsWith('-') && !arg.startsWith('tests'))
if (!scoped) {
  await ensureWebClient((line) => console.log(line))
  process.env.ENLACE_CHROMIUM = await ensureBrowser((line) => console.log(line))
}

let { code, report } = await run(args)
if (report) {
  const red = report.testResults.filter((file) => file.status === 'failed')
  let { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = report
  const unsteady: string[] = []
  if (args.length === 0 && code !== 0 && red.length > 0 && red.length <= MAX_AGAIN) {
    const names = red.map((file) => relative(root, file.name))
    console.log(`red, and run once more alone: ${names.join(', ')}`)
    const again = await run(['--no-file-parallelism', ...names])
    if (again.report) {
      const before = red.flatMap((file) => file.assertionResults)
      const had = (status: string) => before.filter((test) => test.status === status).length
      passed += again.report.numPassedTests - had('passed')
      skipped += again.report.numPendingTests - had('skipped') - had('pending')
      failed = again.report.numFailedTests
      code = again.code
      if (code === 0) unsteady.push(...names)
    }
  }
  if (unsteady.length > 0) console.log(`unsteady (green only when run alone): ${unsteady.join(', ')}`)
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  if (passed === 0) code ||= 1
} else code ||= 1
process.exit(code)
