/** Backups hold keys: what docker/backup.sh writes, what it refuses to write, and that docker/restore.sh puts it back. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const SECRET = 'ed25519 clave-de-firma'
const DUMP = 'what the database holds'
const script = (name: string) => fileURLToPath(new URL(`../docker/${name}`, import.meta.url))
const age = findAge()
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-backup-'))
  for (const name of ['bin', 'node/keys', 'node/run', 'backups', 'restored'])
    mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'node/keys/signing.key'), SECRET)
  // The database's tools are not on every machine: these read and write a stream as they do. What is tested is the scripts.
  program(
    'mongodump',
    `for last; do :; done; grep -q 'u:contraseña@h' "\${last#--config=}"; printf '${DUMP}' | gzip`,
  )
  program('mongorestore', `gunzip > '${join(folder, 'restored/dump')}'`)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function program(name: string, body: string): void {
  writeFileSync(join(folder, 'bin', name), `#!/usr/bin/env bash\nset -euo pipefail\n${body}\n`)
  chmodSync(join(folder, 'bin', name), 0o755)
}

function run(name: string, args: string[], env: Record<string, string> = {}, input = '') {
  const path = [join(folder, 'bin'), ...(age ? [dirname(age)] : []), '/usr/bin', '/bin'].join(':')
  const own = {
    PATH: path,
    BACKUP_DIR: join(folder, 'backups'),
    NODE_DIR: join(folder, 'node'),
    MONGO_URI: 'mongodb://u:contraseña@h/enlace',
  }
  return spawnSync('bash', [script(name), ...args], { env: { ...own, ...env }, input, encoding: 'utf8' })
}

/** Debian's package, or unpacked from it without any rights; undefined where there is neither. */
function findAge(): string | undefined {
  if (spawnSync('age', ['--version']).status === 0)
    return spawnSync('sh', ['-c', 'command -v age'], { encoding: 'utf8' }).stdout.trim()
  const into = join(tmpdir(), `enlace-age-${process.getuid?.() ?? 0}`)
  const unpack = 'mkdir -p "$0" && cd "$0" && apt-get download age && dpkg -x age_*.deb .'
  spawnSync('sh', ['-c', unpack, into], { timeout: 60_000 })
  const found = join(into, 'usr/bin/age')
  return spawnSync(found, ['--version']).status === 0 ? found : undefined
}

function newKey(): { secret: string; recipient: string } {
  const secret = execFileSync(join(dirname(age!), 'age-keygen'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return { secret, recipient: /age1\w+/.exec(secret)![0] }
}

test('without the program that encrypts nothing is written', () => {
  // Only what the script needs otherwise: a PATH without age.
  for (const name of ['bash', 'date', 'mkdir', 'rm', 'tar', 'gzip', 'chmod', 'mv', 'find'])
    symlinkSync(`/bin/${name}`, join(folder, 'bin', name))
  const { status, stderr } = run('backup.sh', ['now'], {
    PATH: join(folder, 'bin'),
    BACKUP_RECIPIENTS: 'age1x',
  })
  expect(status).not.toBe(0)
  expect(readdirSync(join(folder, 'backups'))).toEqual([])
  expect(stderr).toContain('"age" is missing')
})

describe.skipIf(!age)(age ? 'backups' : 'backups (no "age" here: steps aside)', () => {
  test.each([
    ['nobody', ''],
    ['nobody but blanks', '  \n '],
    ['what is no key', 'coordinacion@example.org'],
    ['a private key', 'AGE-SECRET-KEY-1QQQ'],
  ])('for %s none is made', (_who, recipients) => {
    const { status, stderr } = run('backup.sh', ['now'], { BACKUP_RECIPIENTS: recipients })
    expect([status, stderr]).toEqual([1, expect.stringContaining('No backup is made')])
    expect(readdirSync(join(folder, 'backups'))).toEqual([])
  })

  test('either of two people can put it back, nobody else can read it, and no other account may touch it', () => {
    const [first, second, stranger] = [newKey(), newKey(), newKey()]
    const made = run('backup.sh', ['now'], { BACKUP_RECIPIENTS: `${first.recipient} ${second.recipient}` })
    expect([made.status, made.stderr]).toEqual([0, ''])
    const [stamp] = readdirSync(join(folder, 'backups'))
    const backup = join(folder, 'backups', stamp!)
    expect(readdirSync(backup).sort()).toEqual(['enlace.archive.gz.age', 'node.tar.gz.age'])
    expect(statSync(backup).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(backup)) {
      expect(statSync(join(backup, name)).mode & 0o777).toBe(0o600)
      expect(readFileSync(join(backup, name)).subarray(0, 21).toString()).toBe('age-encryption.org/v1')
    }

    const restore = (key: string) => run('restore.sh', [backup], { NODE_DIR: join(folder, 'restored') }, key)
    for (const wrong of [stranger.secret, '']) {
      expect(restore(wrong).status).not.toBe(0)
      expect(readdirSync(join(folder, 'restored'))).toEqual([])
    }
    for (const { secret } of [first, second]) {
      const done = restore(secret)
      expect([done.status, done.stderr]).toEqual([0, ''])
      expect(readFileSync(join(folder, 'restored/dump'), 'utf8')).toBe(DUMP)
      expect(readFileSync(join(folder, 'restored/keys/signing.key'), 'utf8')).toBe(SECRET)
      rmSync(join(folder, 'restored'), { recursive: true })
      mkdirSync(join(folder, 'restored'))
    }
  })

  test('a dump that breaks off leaves nothing behind; a damaged backup changes nothing', () => {
    const key = newKey()
    program('mongodump', "printf 'half' | gzip; exit 1")
    expect(run('backup.sh', ['now'], { BACKUP_RECIPIENTS: key.recipient }).status).not.toBe(0)
    expect(readdirSync(join(folder, 'backups'))).toEqual([])

    program('mongodump', `printf '${DUMP}' | gzip`)
    run('backup.sh', ['now'], { BACKUP_RECIPIENTS: key.recipient })
    const backup = join(folder, 'backups', readdirSync(join(folder, 'backups'))[0]!)
    const file = join(backup, 'node.tar.gz.age')
    const bytes = readFileSync(file)
    bytes[bytes.length - 5]! ^= 1
    writeFileSync(file, bytes)
    const { status, stderr } = run('restore.sh', [backup], { NODE_DIR: join(folder, 'restored') }, key.secret)
    expect([status, stderr]).toEqual([1, expect.stringContaining('Nothing was changed')])
    expect(readdirSync(join(folder, 'restored'))).toEqual([])
  })
})
