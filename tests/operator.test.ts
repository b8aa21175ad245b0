/** The operator's command line on a real node: every area once, a first setup with everything wrong, settings applied, a file held back. */
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHomeserver, type Homeserver } from '@enlace/homeserver'
import { runCommand } from '@enlace/homeserver/commands'
import { loadConfig } from '@enlace/homeserver/config'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { testAuthority } from '../packages/homeserver/src/testing/world.ts'

const PASSWORD = 'una contraseña larga'
type Json = Record<string, unknown>
let base: string
let file: string
let node: Homeserver
let url: string
let token: string

const settings = () => ({
  server_name: 'hn.example',
  data_dir: join(base, 'data'),
  listeners: [{ port: 0, serves: ['client'] }],
  password_hash: { memory_kib: 64, passes: 1 },
  rate_limits: 'off',
  registration: 'closed',
  institutions: ['hn-rnp-sps'],
  log_level: 'silent',
  alerts: {
    smtp: { url: 'smtp://usuario:secretísimo@127.0.0.1:1', from: 'a@hn.example' },
    public_url: 'http://localhost',
  },
})

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'enlace-operator-'))
  file = join(base, 'node.yaml')
  await writeFile(file, JSON.stringify(settings()))
  node = await createHomeserver(await loadConfig(file))
  url = node.listeners[0]!.url
  const { userId } = await node.ctx.accounts.create({
    localpart: 'coordina',
    password: PASSWORD,
    institution: 'hn-rnp-sps',
    role: 'coordinator',
  })
  const answer = await call('POST', '/_matrix/client/v3/login', {
    type: 'm.login.password',
    user: userId,
    password: PASSWORD,
  })
  token = answer['access_token'] as string
}, 60_000)
afterAll(async () => {
  await node?.close()
  await rm(base, { recursive: true, force: true })
})

async function call(method: string, path: string, body?: unknown): Promise<Json & { status: number }> {
  const answer = await fetch(url + path, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { ...((await answer.json().catch(() => ({}))) as Json), status: answer.status }
}

async function enlace(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void (said.out += `${String(line)}\n`))
  const error = vi.spyOn(console, 'error').mockImplementation((line) => void (said.err += `${String(line)}\n`))
  try {
    return { code: await runCommand(args), ...said }
  } finally {
    log.mockRestore()
    error.mockRestore()
  }
}
const asked = (...args: string[]) => enlace('--config', file, ...args)
async function answered(...args: string[]): Promise<Json> {
  const { code, out, err } = await asked(...args, '--json')
  if (code !== 0 && code !== 3) throw new Error(`${args.join(' ')}: ${code} ${err}`)
  return JSON.parse(out) as Json
}

test('every area answers in JSON, and says what it is for in both languages', async () => {
  const { room_id } = await call('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat' })
  const room = String(room_id)
  expect(await answered('accounts', 'list')).toMatchObject({ accounts: [{ userId: '@coordina:hn.example' }] })
  expect(await answered('sessions', 'list')).toMatchObject({ sessions: [{ user: '@coordina:hn.example' }] })
  expect(await answered('list', 'show')).toEqual({ mode: 'open' })
  expect(await answered('list', 'partners')).toEqual({ partners: [] })
  expect(await answered('keys', 'show')).toMatchObject({ keys: [{ state: 'current' }] })
  expect(await answered('rooms', 'list')).toMatchObject({ rooms: [{ room, members: 1, here: 1, ends: 1 }] })
  expect(await answered('rooms', 'show', room)).toMatchObject({ hints: [], problems: 0 })
  expect(await answered('rooms', 'members', room)).toMatchObject({ members: [{ membership: 'join' }] })
  expect(await answered('rooms', 'extremities', room)).toMatchObject({ extremities: [{ sender: '@coordina:hn.example' }] })
  expect(await answered('statistics')).toMatchObject({ accounts: 1, rooms: 1 })
  expect(await answered('status')).toMatchObject({ server_name: 'hn.example', database: true })
  expect(await answered('migrations')).toMatchObject({ pending: [] })
  expect(await answered('config', 'check')).toMatchObject({ valid: true, server_name: 'hn.example' })
  for (const area of ['accounts', 'sessions', 'list', 'keys', 'media', 'rooms', 'status', 'statistics', 'diagnose', 'config', 'migrations', 'setup']) {
    const es = await enlace(area, '--help', '--lang', 'es')
    const en = await enlace(area, '--help', '--lang', 'en')
    expect([es.code, en.code, es.out === en.out]).toEqual([0, 0, false])
  }
  // Nobody is inside any more: what is left of the room goes, and only then, and only when it is meant.
  expect((await asked('rooms', 'delete', room, '--yes')).err).toMatch(/Todavía hay personas/)
  await call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/leave`, {})
  expect((await asked('rooms', 'delete', room)).code).toBe(5)
  expect(await answered('rooms', 'delete', room, '--yes')).toMatchObject({ room })
  expect(await answered('rooms', 'list')).toEqual({ rooms: [] })
  expect(await node.ctx.db.connection.collection('events').countDocuments({ room_id: room })).toBe(0)
  expect((await asked('rooms', 'show', room)).code).toBe(1)
}, 120_000)

test('the report for the night may be sent: nothing of it is secret, or somebody', async () => {
  const { out } = await asked('diagnose')
  expect(out).toContain('"server_name": "hn.example"')
  expect(out).not.toMatch(/secretísimo|usuario:|@coordina|una contraseña/)
  expect((await asked('config', 'show')).out).not.toMatch(/secretísimo/)
}, 60_000)

test('a file in quarantine is given to nobody, its uploader included, and is there again afterwards', async () => {
  const { content_uri } = await call('POST', '/_matrix/media/v3/upload?filename=a.txt', 'algo que revisar')
  const address = String(content_uri)
  const get = () => call('GET', `/_matrix/client/v1/media/download/${address.slice('mxc://'.length)}`)
  expect((await get()).status).toBe(200)
  await answered('media', 'quarantine', address, '--reason', 'se revisa')
  expect(await get()).toMatchObject({ status: 403, errcode: 'ORG.ENLACE.MEDIA_QUARANTINED' })
  // The same content under another address too.
  const again = await call('POST', '/_matrix/media/v3/upload', 'algo que revisar')
  expect(await call('GET', `/_matrix/client/v1/media/download/${String(again['content_uri']).slice(6)}`)).toMatchObject({ status: 403 })
  expect(await answered('media', 'list', '--quarantined')).toMatchObject({ files: [{ quarantined: true }, { quarantined: true }] })
  await answered('media', 'release', address)
  expect((await get()).status).toBe(200)
  await answered('media', 'remove', address, '--yes')
  expect((await get()).status).toBe(404)
}, 60_000)

test('settings count at once, all of them or none', async () => {
  const write = (more: Json) => writeFile(file, JSON.stringify({ ...settings(), ...more }))
  const register = () =>
    call('POST', '/_matrix/client/v3/register', { username: 'nueva', password: PASSWORD, auth: { type: 'm.login.dummy' } })
  expect((await register()).status).toBe(403)
  await write({ registration: 'open', session_idle_days: 7 })
  expect(await answered('config', 'plan')).toEqual({ live: ['registration', 'session_idle_days'], restart: [] })
  expect((await register()).status).toBe(403)
  expect(await answered('config', 'apply')).toEqual({ applied: ['registration', 'session_idle_days'] })
  expect((await register()).status).toBe(200)

  // One key needs a restart, one is not valid, one part cannot work with it: nothing changes.
  const webhook = { url: 'https://sms.example.org/x', secret_file: join(base, 'absent') }
  for (const bad of [{ server_name: 'otro.example' }, { session_idle_days: -1 }, { alerts: { webhook, public_url: 'http://localhost' } }]) {
    await write({ registration: 'closed', ...bad })
    const { code, err } = await asked('config', 'apply')
    expect([code, err]).toEqual([1, expect.stringMatching(/server_name|session_idle_days|secret_file/)])
    expect([node.ctx.config.registration, node.ctx.config.session_idle_days]).toEqual(['open', 7])
  }
  await write({ registration: 'closed' })
  await answered('config', 'apply')
  expect((await call('POST', '/_matrix/client/v3/register', { username: 'otra', password: PASSWORD })).status).toBe(403)
  expect(await node.ctx.db.connection.collection('audit_entries').countDocuments({ line: /config\.apply/ })).toBe(2)
}, 60_000)

test('coordinators see how the server stands, and nobody else', async () => {
  const status = await call('GET', '/_enlace/client/v1/institution/status')
  expect(status).toMatchObject({ status: 200, institution: 'hn-rnp-sps', list: { mode: 'open' }, partners: [] })
  expect(JSON.stringify(status)).not.toContain('@coordina')
  await node.ctx.accounts.create({ localpart: 'nadie', password: PASSWORD, institution: 'hn-rnp-sps', role: 'staff' })
  const mine = token
  const login = { type: 'm.login.password', user: 'nadie', password: PASSWORD }
  token = String((await call('POST', '/_matrix/client/v3/login', login))['access_token'])
  expect((await call('GET', '/_enlace/client/v1/institution/status')).status).toBe(403)
  token = mine
}, 60_000)

test('a first setup says what is wrong around it, and writes over nothing', async () => {
  const closing: (() => void)[] = []
  const listening = async (server: Server | ReturnType<typeof createTcpServer>) => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    closing.push(() => server.close())
    return (server.address() as AddressInfo).port
  }
  // A certificate of an authority nobody knows, a registry whose clock is a day off, a mail server that takes no password.
  const authority = await testAuthority()
  const tls = await listening(createTlsServer(await authority.issue(['otro.localhost']), (_req, res) => res.end('{}')))
  const registry = await listening(
    createHttpServer((_req, res) => {
      res.setHeader('Date', new Date(Date.now() - 86_400_000).toUTCString())
      res.end('{}')
    }),
  )
  const mail = await listening(
    createTcpServer((socket) => {
      socket.write('220 hola\r\n')
      socket.on('data', (chunk) => {
        const line = chunk.toString()
        socket.write(line.startsWith('EHLO') ? '250-hola\r\n250 AUTH PLAIN\r\n' : line.startsWith('AUTH') ? '535 no\r\n' : '221 adios\r\n')
      })
      socket.on('error', () => {})
    }),
  )
  try {
    const answers = join(base, 'answers.yaml')
    const target = join(base, 'nuevo', 'node.yaml')
    await mkdir(join(base, 'tls'))
    await writeFile(
      answers,
      JSON.stringify({
        name: `nodo.localhost:${tls}`,
        dataDir: join(base, 'nuevo-data'),
        institutions: 'hn-a, hn-b',
        registry: `http://127.0.0.1:${registry}/federation-list`,
        root: join(base, 'root.json'),
        tls: 'proxy',
        mail: `smtp://u:p@127.0.0.1:${mail}`,
        mailFrom: 'a@nodo.example',
      }),
    )
    const { code, out } = await enlace('--config', target, 'setup', '--answers', answers, '--json')
    expect(code).toBe(3)
    const { checks } = JSON.parse(out) as { checks: { check: string; state: string; words: { es: string; en: string } }[] }
    const wrong = checks.filter(({ state }) => state === 'wrong').map(({ check }) => check)
    expect(wrong).toEqual(expect.arrayContaining(['tls', 'root', 'time', 'mail', 'port']))
    for (const { words } of checks) expect(words.es).not.toBe(words.en)
    expect(checks.find(({ check }) => check === 'mail')?.words.es).toMatch(/no acepta el usuario o la clave/)
    expect((await stat(target)).mode & 0o777).toBe(0o600)
    expect((await loadConfig(target)).institutions).toEqual(['hn-a', 'hn-b'])

    const before = await readFile(target, 'utf8')
    const again = await enlace('--config', target, 'setup', '--answers', answers)
    expect([again.code, again.err]).toEqual([1, expect.stringMatching(/Ya hay una configuración.*There is a configuration/s)])
    expect(await readFile(target, 'utf8')).toBe(before)

    await writeFile(target, before.replaceAll(`nodo.localhost:${tls}`, 'no-existe.invalid'))
    const later = await enlace('--config', target, 'setup', 'check', '--lang', 'en')
    expect(later.out).toMatch(/✗ The name no-existe\.invalid is not in the DNS/)
  } finally {
    for (const close of closing) close()
  }
}, 120_000)
