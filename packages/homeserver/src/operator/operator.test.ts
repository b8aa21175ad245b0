/** The operator's command line as it is run, on a node that runs and on one that is stopped. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runCommand } from '../commands.ts'
import { parseConfig } from '../config.ts'
import { createHomeserver, type Homeserver } from '../index.ts'
import { PASSWORD } from '../testing/node.ts'

const MAIN = fileURLToPath(new URL('../../../../apps/homeserver/src/main.ts', import.meta.url))

let base: string
let file: string
let dataDir: string
let node: Homeserver | undefined
let url: string

async function start(): Promise<void> {
  const config = parseConfig(JSON.parse(await readFile(file, 'utf8')))
  node = await createHomeserver(config)
  url = node.listeners[0]!.url
}

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'enlace-operator-'))
  // Longer than a socket's path may be.
  dataDir = join(base, 'carpeta-de-datos-con-un-nombre-muy-largo', 'de-la-institucion-y-de-su-sede-principal')
  await mkdir(dataDir, { recursive: true })
  file = join(base, 'node.yaml')
  await writeFile(
    file,
    JSON.stringify({
      server_name: 'hn.example',
      data_dir: dataDir,
      listeners: [{ port: 0, serves: ['client'] }],
      password_hash: { memory_kib: 64, passes: 1 },
      rate_limits: 'off',
      institutions: ['hn-rnp-sps'],
      log_level: 'silent',
    }),
  )
  await start()
})
afterAll(async () => {
  await node?.close()
  await rm(base, { recursive: true, force: true })
})

type Ended = { code: number; out: string; err: string }

const cli = (args: string[], input = '') =>
  new Promise<Ended>((done) => {
    const child = execFile(
      process.execPath,
      [MAIN, '--config', file, 'account', ...args],
      (error, out, err) => done({ code: error ? Number(error.code) : 0, out, err }),
    )
    child.stdin!.end(input)
  })

/** The same without a program of its own, which takes a while to start. */
async function command(...args: string[]): Promise<Ended> {
  const said = { out: '', err: '' }
  const noting = (where: 'out' | 'err') => (line: unknown) => {
    said[where] += `${String(line)}\n`
  }
  const log = vi.spyOn(console, 'log').mockImplementation(noting('out'))
  const error = vi.spyOn(console, 'error').mockImplementation(noting('err'))
  try {
    const code = await runCommand(['--config', file, 'account', ...args], { scriptsNeedYes: false })
    return { code, ...said }
  } finally {
    log.mockRestore()
    error.mockRestore()
  }
}

async function call(method: string, path: string, token?: string, body?: unknown) {
  const answer = await fetch(`${url}/_matrix/client/v3${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function signIn(user: string, password = PASSWORD): Promise<string> {
  const { body } = await call('POST', '/login', undefined, { type: 'm.login.password', user, password })
  return body['access_token'] as string
}

const whoami = async (token: string) => (await call('GET', '/account/whoami', token)).status
const json = ({ out }: Ended) => JSON.parse(out) as Record<string, unknown>

describe('hostile: somebody must be shut out while the node runs', () => {
  test('an account is made, its role changed, its sessions ended, and closed; each counts at once', async () => {
    const made = await cli(
      ['add', 'ana', '--institution', 'hn-rnp-sps', '--role', 'staff', '--json'],
      PASSWORD,
    )
    expect([made.err, made.code]).toEqual(['', 0])
    expect(json(made)).toEqual({ userId: '@ana:hn.example' })

    const token = await signIn('ana')
    const role = async () => (await call('GET', '/profile/@ana:hn.example', token)).body['org.enlace.role']
    expect(await role()).toBe('staff')
    expect((await command('role', 'ana', '--role', 'coordinator')).out).toContain('role=coordinator')
    expect(await role()).toBe('coordinator')
    await command('role', 'ana', '--role', 'none')
    expect(await role()).toBeUndefined()

    const sessions = json(await command('sessions', 'ana', '--json'))['sessions'] as { deviceId: string }[]
    expect(sessions).toHaveLength(1)
    expect(await whoami(token)).toBe(200)
    const ended: string[] = []
    node!.ctx.tokens.onEnded((userId) => ended.push(userId))
    expect((await command('end-sessions', 'ana')).code).toBe(0)
    expect([await whoami(token), new Set(ended)]).toEqual([401, new Set(['@ana:hn.example'])])

    const again = await signIn('ana')
    expect((await cli(['password', 'ana'], 'otra frase muy distinta')).code).toBe(0)
    expect(await whoami(again)).toBe(401)
    expect(await signIn('ana')).toBeUndefined()
    const last = await signIn('ana', 'otra frase muy distinta')
    expect(await whoami(last)).toBe(200)
    expect((await command('deactivate', 'ana')).code).toBe(0)
    expect(await whoami(last)).toBe(401)
    expect(await signIn('ana', 'otra frase muy distinta')).toBeUndefined()
    const list = json(await command('list', '--json'))['accounts'] as Record<string, unknown>[]
    expect(list).toContainEqual(expect.objectContaining({ userId: '@ana:hn.example', deactivated: true }))
    // For good: no password opens it again.
    expect((await cli(['password', 'ana'], PASSWORD)).err).toContain('para siempre')
  }, 180_000)

  test('a flag set in the database itself ends what is open, within seconds', async () => {
    await node!.ctx.accounts.create({ localpart: 'eva', password: PASSWORD })
    const token = await signIn('eva')
    expect(await whoami(token)).toBe(200)
    const ended: string[] = []
    node!.ctx.tokens.onEnded((userId) => ended.push(userId))
    await node!.ctx.db.connection
      .collection<{ _id: string }>('accounts')
      .updateOne({ _id: '@eva:hn.example' }, { $set: { deactivated: true } })
    // Open sockets too, which nobody asks for a token.
    await expect.poll(() => ended, { timeout: 60_000 }).toContain('@eva:hn.example')
    expect(await whoami(token)).toBe(401)
    expect(await signIn('eva')).toBeUndefined()
    expect(await node!.ctx.profiles.get('@eva:hn.example')).toBeUndefined()
  }, 90_000)

  test('the socket is for the user of the node, and for who knows its credential', async () => {
    const mode = async (name: string) => (await stat(join(dataDir, name))).mode & 0o777
    expect([await mode('operator.sock'), await mode('operator-token')]).toEqual([0o600, 0o600])
    const { open } = await import('node:fs/promises')
    const folder = await open(dataDir, 'r')
    const socketPath = `/proc/self/fd/${folder.fd}/operator.sock`
    const ask = (authorization: string | undefined, body: string) =>
      new Promise<number | undefined>((done, fail) => {
        request({ socketPath, method: 'POST', headers: authorization ? { authorization } : {} })
          .once('response', (res) => {
            res.resume()
            done(res.statusCode)
          })
          .once('error', fail)
          .end(body)
      })
    const right = `Bearer ${await readFile(join(dataDir, 'operator-token'), 'utf8')}`
    for (const wrong of [undefined, '', 'Bearer ', 'Bearer x', right.slice(0, -1), `${right}x`])
      expect(await ask(wrong, '{"area":"accounts","command":"list","input":{}}')).toBe(403)
    expect(await ask(right, '{"area":"accounts","command":"list","input":{}}')).toBe(200)
    for (const bad of [
      '',
      '[]',
      '{"area":"accounts","command":"drop","input":{}}',
      '{"area":"accounts","command":"list","input":{"x":1}}',
      '{"area":"accounts","command":"list","input":{},"x":1}',
      '{"area":"accounts","command":"deactivate","input":{"name":{}}}',
      '{"area":"__proto__","command":"list","input":{}}',
    ])
      expect(await ask(right, bad)).toBe(400)
    await folder.close()
  })
})

test('what is not understood, not hosted or not there is said, in both languages', async () => {
  const help = await cli(['explode'])
  expect([help.code, help.err]).toEqual([2, expect.stringMatching(/No se entiende.*Uso: enlace/s)])
  const foreign = await cli(['add', 'leo', '--institution', 'gt-pgn', '--json'], PASSWORD)
  expect([foreign.code, json(foreign)['errcode']]).toEqual([1, 'M_INVALID_PARAM'])
  expect((await command('sessions', 'nadie')).err).toMatch(/No hay ninguna cuenta.*There is no account/)
}, 120_000)

test('with the node stopped, or killed so that its credential is left, the same commands work', async () => {
  await node!.close()
  node = undefined
  await writeFile(join(dataDir, 'operator-token'), 'left behind')
  expect((await cli(['add', 'sol'], PASSWORD)).out.trim()).toBe('@sol:hn.example')
  expect((await command('deactivate', 'sol', '--erase', '--json')).out).toContain('"erased":true')
  await start()
  expect(await signIn('sol')).toBeUndefined()
  expect(node!.ctx.accounts.isErased('@sol:hn.example')).toBe(true)
}, 180_000)
