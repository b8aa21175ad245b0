/** Every command there is, as a script asks it: taken from the table itself, so that a new one is asked too. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runCommand } from '../commands.ts'
import { loadConfig } from '../config.ts'
import { createHomeserver, type Homeserver } from '../index.ts'
import { PASSWORD } from '../testing/node.ts'
import { areas } from './areas.ts'
import { optionsOf } from './arguments.ts'
import type { Area, Command, Lang } from './types.ts'

const PLANTED = ['clave-del-correo', 'palabra-del-webhook', PASSWORD]
const secrets: string[] = [...PLANTED]
let base: string
let file: string
let node: Homeserver | undefined
let given: Record<string, string>

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'enlace-every-'))
  file = join(base, 'node.yaml')
  const webhook = join(base, 'webhook-secret')
  await writeFile(webhook, PLANTED[1]!)
  await writeFile(
    file,
    JSON.stringify({
      server_name: 'hn.localhost:8448',
      data_dir: join(base, 'data'),
      listeners: [{ port: 0, serves: ['client'] }],
      password_hash: { memory_kib: 64, passes: 1 },
      institutions: ['hn-rnp-sps'],
      log_level: 'silent',
      alerts: {
        smtp: { url: `smtp://usuario:${PLANTED[0]}@127.0.0.1:1`, from: 'a@hn.example' },
        webhook: { url: 'https://127.0.0.1:1/x', secret_file: webhook },
        public_url: 'http://localhost',
      },
    }),
  )
  node = await createHomeserver(await loadConfig(file))
  const { userId } = await node.ctx.accounts.create({ localpart: 'ana', password: PASSWORD })
  secrets.push((await readFile(join(base, 'data', 'operator-token'), 'utf8')).trim())
  const keyFile = join(base, 'age-key.txt')
  await writeFile(keyFile, 'AGE-SECRET-KEY-1PLANTADA')
  secrets.push('AGE-SECRET-KEY-1PLANTADA')
  given = {
    name: userId,
    room: '!nada:hn.localhost:8448',
    media: 'mxc://hn.localhost:8448/nada',
    file: join(base, 'no-hay.jsonl'),
    server: 'gt.localhost',
    role: 'staff',
    keyFile,
  }
})
afterAll(async () => {
  await node?.close()
  await rm(base, { recursive: true, force: true })
})

type Ended = { code: number; lines: string[]; all: string }
async function enlace(...args: string[]): Promise<Ended> {
  const lines: string[] = []
  const err: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)))
  const error = vi.spyOn(console, 'error').mockImplementation((line) => void err.push(String(line)))
  // Nothing may reach the output past the one document.
  const raw = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(String(text))
    return true
  })
  const stdin = vi.spyOn(process, 'stdin', 'get').mockReturnValue(
    // What a script pipes in: no terminal.
    Readable.from([`${PASSWORD}\n`]) as typeof process.stdin,
  )
  try {
    const code = await runCommand(args)
    return { code, lines, all: [...lines, ...err].join('\n') }
  } finally {
    for (const spy of [log, error, raw, stdin]) spy.mockRestore()
  }
}

const LANGS: readonly Lang[] = ['es', 'en']
const commands = areas.flatMap((area) => area.commands.map((command) => ({ area, command })))
const named = ({ area, command }: { area: Area; command: Command }) => `${area.name} ${command.name}`

/** A command as somebody would type it: all that is required, and the file of a key where one would be asked for. */
function typed(area: Area, command: Command): string[] {
  const words: string[] = []
  for (const { field, name, positional, required, type } of optionsOf(command)) {
    if (!required && field !== 'keyFile') continue
    const value = given[field]
    if (value === undefined) throw new Error(`${area.name} ${command.name}: what is a ${field}?`)
    words.push(...(positional ? [value] : type === 'boolean' ? [`--${name}`] : [`--${name}`, value]))
  }
  return [area.name, command.name, ...words]
}

/** One document and nothing else; what is refused has a code and a sentence; no trace, no secret, in no stream. */
function documentOf(what: string, { code, lines, all }: Ended): Record<string, unknown> {
  expect([what, lines.length], all).toEqual([what, 1])
  const answer = JSON.parse(lines[0]!) as Record<string, unknown>
  expect([what, Object.prototype.toString.call(answer)]).toEqual([what, '[object Object]'])
  const done = code === 0 || code === 3
  if (done)
    expect([what, answer]).toEqual([what, expect.not.objectContaining({ errcode: expect.anything() })])
  else
    expect([what, answer]).toEqual([
      what,
      expect.objectContaining({
        errcode: expect.stringMatching(/^[A-Z][A-Z._]+$/),
        error: expect.stringMatching(/\S/),
      }),
    ])
  expect([what, all]).toEqual([what, expect.not.stringMatching(/\n\s+at |node:internal|\.ts:\d|\[object /)])
  for (const secret of secrets) expect([what, all]).toEqual([what, expect.not.stringContaining(secret)])
  return answer
}

test('each answers with one JSON document, or refuses with one, on a running node', async () => {
  const codes: Record<string, number> = {}
  for (const one of commands) {
    const ended = await enlace('--config', file, ...typed(one.area, one.command), '--json', '--yes')
    codes[named(one)] = ended.code
    documentOf(named(one), ended)
  }
  // What is refused here is refused for a reason of this node, and by nothing else.
  expect(Object.fromEntries(Object.entries(codes).filter(([, code]) => code !== 0 && code !== 3))).toEqual({
    'accounts add': 1,
    'accounts approve-reset': 1,
    'accounts refuse-reset': 1,
    'audit given': 1,
    'audit verify': 1,
    'backup check': 1,
    'backup list': 1,
    'backup make': 1,
    'media quarantine': 1,
    'media release': 1,
    'media remove': 1,
    'restore run': 1,
    'restore verify': 1,
    'retention run': 1,
    'rooms delete': 1,
    'rooms extremities': 1,
    'rooms members': 1,
    'rooms show': 1,
    'setup start': 1,
  })
}, 120_000)

test('what is typed wrong is refused with a document too, in either language', async () => {
  for (const one of commands)
    for (const lang of LANGS) {
      const words = [one.area.name, one.command.name, '--no-hay-tal', '--json', '--lang', lang]
      const ended = await enlace('--config', file, ...words)
      const { errcode, error } = documentOf(named(one), ended)
      expect([ended.code, errcode]).toEqual([2, 'ORG.ENLACE.NOT_UNDERSTOOD'])
      expect(error).toMatch(lang === 'es' ? /^No se entiende: / : /^Not understood: /)
    }
})

test('without a configuration each says what to do, and one that is not there is named', async () => {
  vi.stubEnv('ENLACE_CONFIG', '')
  for (const one of commands)
    for (const lang of LANGS) {
      const what = named(one)
      const words = [...typed(one.area, one.command), '--json', '--yes', '--lang', lang]
      if (!one.command.alone) {
        const none = await enlace(...words)
        expect([what, none.code, documentOf(what, none)]).toEqual([
          what,
          2,
          {
            errcode: 'ORG.ENLACE.NO_CONFIGURATION',
            error: expect.stringMatching(
              lang === 'es' ? /[Dd]iga .*--config ARCHIVO/ : /[Ss]ay .*--config FILE/,
            ),
          },
        ])
      }
      if (one.command.alone || one.command.founds) continue
      const missing = join(base, 'no-hay.yaml')
      const ended = await enlace('--config', missing, ...words)
      expect([what, ended.code, documentOf(what, ended)['error']]).toEqual([
        what,
        1,
        expect.stringContaining(missing),
      ])
    }
  vi.unstubAllEnvs()
})

test('what cannot be undone is not done for a script that does not say --yes', async () => {
  for (const one of commands.filter(({ command }) => command.confirm)) {
    const ended = await enlace('--config', file, ...typed(one.area, one.command), '--json')
    expect([named(one), ended.code, documentOf(named(one), ended)['errcode']]).toEqual([
      named(one),
      5,
      'ORG.ENLACE.NOT_CONFIRMED',
    ])
  }
})

test('help is for programs as well, and the same in both languages', async () => {
  for (const one of commands) {
    for (const lang of LANGS) {
      const { code, lines } = await enlace(one.area.name, one.command.name, '--help', '--lang', lang)
      expect([named(one), code, lines.join('\n')]).toEqual([
        named(one),
        0,
        expect.stringContaining(one.command.describe[lang]),
      ])
    }
    const asData = await enlace(one.area.name, one.command.name, '--help', '--json')
    expect(documentOf(named(one), asData)['areas']).toEqual([
      expect.objectContaining({
        name: one.area.name,
        commands: [expect.objectContaining({ name: one.command.name, describe: one.command.describe })],
      }),
    ])
  }
  const all = documentOf('everything', await enlace('--help', '--json'))
  expect(all['areas']).toHaveLength(areas.length)
})

test('with the node stopped, what needs a running one says so', async () => {
  await node!.close()
  node = undefined
  for (const one of commands.filter(({ command }) => command.where === 'running')) {
    const ended = await enlace('--config', file, ...typed(one.area, one.command), '--json', '--yes')
    expect([named(one), ended.code, documentOf(named(one), ended)['errcode']]).toEqual([
      named(one),
      4,
      'ORG.ENLACE.WRONG_STATE',
    ])
  }
})
