/** The same twenty thousand services in a browser: the client's own worker, asked as its page asks it. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { CatalogueEntry } from '@enlace/directory/catalogue'
import { directoryCopy } from '@enlace/directory/copy'
import { anything } from '@enlace/directory/finder'
import { launchBrowser } from '../support/browser.ts'
import { say, spread } from './figures.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const assets = `${root}apps/web/dist/assets/`

interface Measured {
  ready: number
  blocked: number
  times: number[]
  bytes: number
  reopened: number
}

export async function benchDirectoryInBrowser(
  entries: readonly CatalogueEntry[],
  questions: readonly string[],
  rounds: number,
): Promise<void> {
  const worker = await workerName()
  const { institutions } = directoryCopy(entries, 'network')
  const copy = JSON.stringify({
    view: 'network',
    digest: createHash('sha256').update(JSON.stringify(institutions)).digest('hex'),
    keys: institutions.map(({ institution }) => institution.key),
    institutions,
  })
  const server = createServer((req, res) => {
    // Isolated from other origins, so that the browser says how much memory page and worker use together.
    res.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
    res.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    const name = req.url?.slice(1) ?? ''
    if (name === '')
      return void res.setHeader('Content-Type', 'text/html').end('<!doctype html><title>b</title>')
    if (name === 'copy') return void res.end(copy)
    readFile(`${assets}${name.replace(/[^\w.-]/g, '')}`).then(
      (content) => res.setHeader('Content-Type', 'text/javascript').end(content),
      () => res.writeHead(404).end(),
    )
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const given = JSON.stringify({ worker, questions, rounds, anything })
    const measured = (await page.evaluate(`(${inThePage})(${given})`)) as Measured
    say(
      '  in the browser (Chromium, the client’s worker, of a copy of ' +
        `${(copy.length / 1024 / 1024).toFixed(0)} MiB)`,
    )
    say(`  checked, sealed and searchable in       ${(measured.ready / 1000).toFixed(1)} s`)
    say(`  opened again from this device in        ${(measured.reopened / 1000).toFixed(1)} s`)
    say(`  the page meanwhile waits at most        ${measured.blocked.toFixed(0)} ms`)
    say(`  a question with its first 20 rows       ${spread(measured.times)}`)
    say(`  memory of page and worker               ${(measured.bytes / 1024 / 1024).toFixed(0)} MiB`)
  } finally {
    await browser.close()
    server.close()
  }
}

async function workerName(): Promise<string> {
  const find = async () =>
    (await readdir(assets).catch((): string[] => [])).find((name) => /^directory-worker-.*\.js$/.test(name))
  const built = await find()
  if (built) return built
  await promisify(execFile)('npm', ['run', 'build', '-w', 'apps/web'], { cwd: root })
  return (await find())!
}

/** Runs in the page, so it may name nothing of this file. */
const inThePage = `async ({ worker, questions, rounds, anything }) => {
  const open = () => {
    const line = new Worker('/' + worker, { type: 'module' })
    const waiting = new Map()
    let last = 0
    line.onmessage = ({ data }) => {
      const { resolve, reject } = waiting.get(data.id)
      waiting.delete(data.id)
      if ('failed' in data) reject(new Error(data.failed))
      else resolve(data.answer)
    }
    const ask = (name, given, transfer = []) => new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject })
      line.postMessage({ id: last, userId: '@banco:hn', ask: name, with: given }, transfer)
    })
    return { line, ask }
  }
  const first = open()
  const bytes = await (await fetch('/copy')).arrayBuffer()
  let blocked = 0
  let ticked = performance.now()
  const ticker = setInterval(() => {
    blocked = Math.max(blocked, performance.now() - ticked - 10)
    ticked = performance.now()
  }, 10)
  let started = performance.now()
  if ((await first.ask('take', [bytes, '"1"', Date.now()], [bytes])) === 'not_whole') throw new Error('not whole')
  const ready = performance.now() - started
  clearInterval(ticker)
  first.line.terminate()
  const { ask } = open()
  started = performance.now()
  await ask('open', [])
  const reopened = performance.now() - started
  const times = []
  for (let round = 0; round < rounds; round++)
    for (const text of questions) {
      const asked = performance.now()
      const { found } = await ask('find', [{ ...anything, text }, Date.now()])
      await ask('rows', [[...found.slice(0, 20)], Date.now()])
      times.push(performance.now() - asked)
    }
  const { bytes: used } = await performance.measureUserAgentSpecificMemory()
  return { ready, blocked, reopened, times, bytes: used }
}`
