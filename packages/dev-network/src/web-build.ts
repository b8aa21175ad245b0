/** Builds the web client once, and again when its sources are newer than the build. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const web = join(root, 'apps/web')
const shell = join(web, 'dist/index.html')

/** What the built client is made of, besides its own folder. */
const SOURCES = [
  'apps/web',
  'packages/coordination/src',
  'packages/directory/src',
  'packages/realtime/src',
  'packages/trust/src',
]

/** @returns the folder to serve. @throws Error when the build fails */
export async function ensureWebClient(say: (line: string) => void): Promise<string> {
  const built = existsSync(shell) ? (await stat(shell)).mtimeMs : 0
  const newest = Math.max(...(await Promise.all(SOURCES.map((folder) => newestChange(join(root, folder))))))
  if (newest > built) {
    say('Preparando el cliente web / building the web client ...')
    await build()
  }
  return join(web, 'dist')
}

async function build(): Promise<void> {
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const output: Buffer[] = []
  const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: web,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
  const code = await new Promise<number | null>((done) => child.once('close', done))
  if (code !== 0) throw new Error(`The web client could not be built.\n${Buffer.concat(output).toString()}`)
}

async function newestChange(folder: string): Promise<number> {
  let newest = 0
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (['dist', 'node_modules'].includes(entry.name) || /\.(test\.tsx?|md)$/.test(entry.name)) continue
    const path = join(folder, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? await newestChange(path) : (await stat(path)).mtimeMs)
  }
  return newest
}
