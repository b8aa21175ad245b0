import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../../../apps/registry/src/main.ts', import.meta.url))

let folder: string
let child: ChildProcess | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-registry-'))
})
afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
})

function run(config: string): { process: ChildProcess; output: () => string; exit: Promise<number | null> } {
  const file = join(folder, 'registry.yaml')
  writeFileSync(file, config)
  const started = spawn(process.execPath, [main, '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  child = started
  let text = ''
  for (const stream of [started.stdout, started.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
  const exit = new Promise<number | null>((resolve) => started.once('close', (code) => resolve(code)))
  return { process: started, output: () => text, exit }
}

async function until<T>(read: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const value = await read()
    if (value !== undefined) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('what was waited for did not come')
}

const config = (servers: string, extra = '') => `port: 0\ndata_dir: data\n${extra}servers:\n${servers}`
const active = '  - { server_name: "hn.localhost:8110", institutions: [hn-sreci] }\n'
const suspended = '  - { server_name: "hn.localhost:8110", institutions: [hn-sreci], status: suspended }\n'

interface List {
  signed: { version: number; servers: Array<{ status: string }> }
}

it('starts, reads its servers again on SIGHUP, stops on SIGINT, and goes on where it was', async () => {
  const first = run(config(active))
  const urlOf = (output: () => string) => until(() => /"url":"([^"]+)"/.exec(output())?.[1])
  const listAt = async (url: string) => (await (await fetch(`${url}/federation-list`)).json()) as List
  const url = await urlOf(first.output)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  expect((await listAt(url)).signed).toMatchObject({ version: 1, servers: [{ status: 'active' }] })

  // What somebody looks for on the public pages is written down nowhere: not when it is there, nor when it is not.
  for (const path of [
    'institucion/gt-renap/',
    'institucion/nadie/',
    'servicio/shelter/?busca=albergue',
    '%ff',
  ])
    await (await fetch(`${url}/publico/es/${path}`)).text()
  expect(first.output()).not.toMatch(/publico|renap|nadie|shelter|albergue/)

  writeFileSync(join(folder, 'registry.yaml'), config('  - { server_name: x, institutions: [nobody] }\n'))
  first.process.kill('SIGHUP')
  await until(() => (first.output().includes('was not read again') ? true : undefined))
  expect((await listAt(url)).signed.version).toBe(1)

  writeFileSync(join(folder, 'registry.yaml'), config(suspended))
  first.process.kill('SIGHUP')
  await until(async () => ((await listAt(url)).signed.version === 2 ? true : undefined))
  first.process.kill('SIGINT')
  expect(await first.exit).toBe(0)

  const second = run(config(suspended))
  expect((await listAt(await urlOf(second.output))).signed).toMatchObject({
    version: 2,
    servers: [{ status: 'suspended' }],
  })
  second.process.kill('SIGTERM')
  expect(await second.exit).toBe(0)
})

it('does not start with a key it does not know, and names it', async () => {
  const { output, exit } = run(config(active, 'databse: {}\n'))
  expect(await exit).toBe(1)
  expect(output()).toContain('databse')
  expect(output()).not.toContain('    at ')
})
