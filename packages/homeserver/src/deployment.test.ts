/** What is given to operators as files: units, compose files, install script, list of licences. None of it is run on a real machine here. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { access, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { checkLicences, licenceList, type SbomComponent } from '../../../scripts/licences.ts'
import { parseConfig } from './config.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const docker = join(root, 'docker')
const text = (path: string) => readFile(join(docker, path), 'utf8')

const service = z.looseObject({
  image: z.string(),
  build: z.strictObject({ context: z.string(), dockerfile: z.string(), target: z.string() }).optional(),
  networks: z.array(z.string()).default([]),
  configs: z.array(z.strictObject({ source: z.string(), target: z.string() })).default([]),
  secrets: z
    .array(z.union([z.string(), z.strictObject({ source: z.string(), target: z.string() })]))
    .default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).default([]),
})
const placed = z.record(z.string(), z.strictObject({ file: z.string() })).default({})
const composeSchema = z.looseObject({
  services: z.record(z.string(), z.looseObject({})),
  networks: z.record(z.string(), z.unknown()).default({}),
  volumes: z.record(z.string(), z.unknown()).default({}),
  configs: placed,
  secrets: placed,
})

/** As `docker compose -f … -f …` reads them: what a later file says of a service comes beside what the first says. */
async function composed(...files: string[]) {
  const all = await Promise.all(
    files.map(async (file) => composeSchema.parse(parse(await text(file), { merge: true }))),
  )
  const of = <T>(pick: (one: (typeof all)[number]) => Record<string, T>) =>
    Object.assign({}, ...all.map(pick)) as Record<string, T>
  const services: Record<string, z.output<typeof service>> = {}
  for (const name of new Set(all.flatMap((one) => Object.keys(one.services))))
    services[name] = service.parse(Object.assign({}, ...all.map((one) => one.services[name] ?? {})))
  return {
    services,
    networks: of((one) => one.networks),
    volumes: of((one) => one.volumes),
    configs: of((one) => one.configs),
    secrets: of((one) => one.secrets),
  }
}

test('the compose files name only what there is: images, stages, networks, volumes, files, services', async () => {
  const stages = [...(await text('Dockerfile')).matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, stage]) => stage)
  for (const files of [['compose.yaml'], ['compose.yaml', 'compose.hosted.yaml']]) {
    const { services, ...named } = await composed(...files)
    expect(Object.keys(services).length).toBeGreaterThan(5)
    for (const [name, one] of Object.entries(services)) {
      if (one.build) {
        expect(existsSync(join(docker, one.build.context, one.build.dockerfile)), name).toBe(true)
        expect(stages, name).toContain(one.build.target)
      }
      // A version, or our own: nothing that is another thing tomorrow without anybody noticing.
      else expect(one.image, name).toMatch(/^(mongo|caddy|prom\/prometheus|grafana\/grafana):v?\d|^enlace-/)
      for (const network of one.networks) expect(Object.keys(named.networks), name).toContain(network)
      for (const volume of one.volumes) {
        const source = volume.split(':')[0]!
        expect(Object.keys(named.volumes), `${name}: ${volume}`).toContain(source)
      }
      for (const { source } of one.configs) expect(Object.keys(named.configs), name).toContain(source)
      for (const secret of one.secrets)
        expect(Object.keys(named.secrets), name).toContain(
          typeof secret === 'string' ? secret : secret.source,
        )
      const waits = Array.isArray(one.depends_on) ? one.depends_on : Object.keys(one.depends_on)
      for (const other of waits) expect(Object.keys(services), name).toContain(other)
    }
    // What the operator brings is explained; everything else is here.
    const readme = (await Promise.all(['README.md', ...files].map(text)))
      .join('\n')
      .replaceAll(/file: \S+/g, '')
    for (const { file } of [...Object.values(named.configs), ...Object.values(named.secrets)])
      expect(
        existsSync(join(docker, file)) ||
          readme.includes(file.replace('./', 'docker/')) ||
          readme.includes(file.replace('./', '')),
        file,
      ).toBe(true)
  }
})

test('each variable that a compose file asks for is in the example that is copied', async () => {
  const asked = new Set<string>()
  for (const file of ['compose.yaml', 'compose.hosted.yaml'])
    for (const [, name] of (await text(file)).matchAll(/(?<!\$)\$\{([A-Z_]+)/g)) asked.add(name!)
  const example = await text('.env.example')
  expect([...asked].filter((name) => !new RegExp(`^#? ?${name}=`, 'm').test(example))).toEqual([])
})

test('the example of a node’s file is one that a node takes', async () => {
  expect(parseConfig(parse(await text('node.example.yaml')), docker)).toMatchObject({
    demo: 'off',
    registration: 'closed',
    sign_in: { second_factor: { official: 'asked', coordinator: 'asked' } },
  })
})

test('the images start programs that there are', async () => {
  const dockerfile = await text('Dockerfile')
  const starts = [...dockerfile.matchAll(/^ENTRYPOINT (\[.*\])$/gm)].map(
    ([, words]) => z.array(z.string()).parse(JSON.parse(words!)).at(-1)!,
  )
  expect(starts).toEqual(['apps/homeserver/src/main.ts', 'apps/registry/src/main.ts'])
  for (const program of starts) await access(join(root, program))
})

test('the units name files of the archive, and folders that installing makes', async () => {
  const units = (await readdir(join(docker, 'systemd'))).filter((name) => /\.(service|timer)$/.test(name))
  expect(units.sort()).toEqual(['enlace-verify.service', 'enlace-verify.timer', 'enlace.service'])
  const install = await text('systemd/install.sh')
  for (const unit of units) {
    const lines = (await text(`systemd/${unit}`)).split('\n')
    expect(install).toContain(unit)
    for (const line of lines) expect(line, unit).toMatch(/^($|#|\[[A-Z][a-z]+\]$|[A-Z][A-Za-z]+=)/)
    const of = (key: string) =>
      lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1))
    for (const command of [...of('ExecStart'), ...of('ExecStartPre')])
      for (const [program] of command.matchAll(/apps\/\S+\.ts/g)) await access(join(root, program))
    for (const document of of('Documentation'))
      await access(join(docker, document.replace('file:/opt/enlace/', '')))
    for (const user of of('User'))
      expect(install).toContain(
        `useradd --system --home-dir /var/lib/enlace --shell /usr/sbin/nologin ${user}`,
      )
  }
})

test('the scripts are sound, and installing twice below a folder leaves the version before for the way back', async () => {
  for (const script of ['systemd/install.sh', 'systemd/enlace']) await run('sh', ['-n', join(docker, script)])
  await run('bash', ['-n', join(docker, 'mongo-init.sh')])
  const base = await mkdtemp(join(tmpdir(), 'enlace-install-'))
  onTestFinished(() => rm(base, { recursive: true, force: true }))
  const archive = join(base, 'enlace-1')
  await mkdir(archive)
  await cp(join(docker, 'systemd'), join(archive, 'systemd'), { recursive: true })
  const into = join(base, 'root')
  const install = async (version: string) => {
    await writeFile(join(archive, 'package.json'), JSON.stringify({ version }))
    await run('sh', [join(archive, 'systemd/install.sh')], { env: { ...process.env, ROOT: into } })
  }
  await install('1.0.0')
  await writeFile(join(into, 'etc/enlace/node.yaml'), 'server_name: hn.example\n')
  await writeFile(join(into, 'var/lib/enlace/signing.key'), 'x')
  await install('2.0.0')
  const version = async (folder: string) =>
    (JSON.parse(await readFile(join(into, 'opt', folder, 'package.json'), 'utf8')) as { version: string })
      .version
  expect([await version('enlace'), await version('enlace.before')]).toEqual(['2.0.0', '1.0.0'])
  expect(await readFile(join(into, 'etc/enlace/node.yaml'), 'utf8')).toBe('server_name: hn.example\n')
  expect(await readFile(join(into, 'var/lib/enlace/signing.key'), 'utf8')).toBe('x')
  expect(await readdir(join(into, 'etc/systemd/system'))).toHaveLength(3)
  expect((await stat(join(into, 'usr/local/bin/enlace'))).mode & 0o777).toBe(0o755)
  for (const folder of ['etc/enlace', 'var/lib/enlace'])
    expect((await stat(join(into, folder))).mode & 0o777, folder).toBe(0o700)
})

test('a dependency whose terms do not go with ours, or that says none, stops the archive', () => {
  const of = (name: string, ...said: string[]): SbomComponent => ({
    name,
    version: '1.0.0',
    licenses: said.map((id) => (/ (OR|AND) /.test(id) ? { expression: id } : { license: { id } })),
  })
  const good = [
    of('a', 'MIT'),
    of('b', '(MIT OR GPL-3.0-only)'),
    of('c', '(MIT AND Zlib)'),
    of('@img/sharp-libvips-linux-x64', 'LGPL-3.0-or-later'),
    of('@enlace/trust'),
  ]
  expect(checkLicences(good)).toEqual([])
  const bad = [
    of('none'),
    of('gpl', 'GPL-3.0-only'),
    of('agpl', '(AGPL-3.0-only OR GPL-2.0-only)'),
    of('both', '(MIT AND GPL-3.0-only)'),
    of('two', 'MIT', 'SSPL-1.0'),
    of('other', 'LGPL-3.0-or-later'),
  ]
  expect(checkLicences(bad).map((line) => line.split(' ')[0])).toEqual(bad.map(({ name }) => name))
  expect(checkLicences(bad)[0]).toBe('none 1.0.0: unknown')
  const list = licenceList([...good].reverse())
  expect(list).toContain('a 1.0.0  MIT\nb 1.0.0  (MIT OR GPL-3.0-only)\n')
  expect(list).not.toContain('@enlace/')
})
