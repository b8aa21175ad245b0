/**
 * `npm run package [-- FOLDER]`: one node as an archive for a bare machine, `enlace-VERSION.tar.gz`: source, the built web client,
 * dependencies without those of development, unit and default folders, the list of what is inside (CycloneDX) and its licences.
 * Made twice from the same commit and lock file it is the same archive: order, times, owners and modes are set.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ensureWebClient } from '@enlace/dev-network/web-build'
import { z } from 'zod'
import { checkLicences, licenceList, type SbomComponent } from './licences.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const say = (line: string) => console.log(line)
const big = { maxBuffer: 256 * 1024 * 1024 }

const target = process.argv[2] ?? join(root, 'dist')
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
const name = `enlace-${version}`
const work = await mkdtemp(join(tmpdir(), 'enlace-package-'))
const stage = join(work, name)

try {
  await ensureWebClient(say)
  await mkdir(stage, { recursive: true })
  for (const part of ['package.json', 'package-lock.json', 'tsconfig.json', 'LICENSE'])
    await cp(join(root, part), join(stage, part))
  const wanted = (source: string) =>
    !/\/node_modules(\/|$)|\.test\.tsx?$|\/src\/testing(\/|$)|\/bench(\/|$)/.test(source.slice(root.length - 1))
  await cp(join(root, 'packages'), join(stage, 'packages'), { recursive: true, filter: wanted })
  for (const app of ['homeserver', 'registry'])
    await cp(join(root, 'apps', app), join(stage, 'apps', app), { recursive: true, filter: wanted })
  // Of the web client what browsers get, and its name for the lock file.
  await mkdir(join(stage, 'apps/web'), { recursive: true })
  await cp(join(root, 'apps/web/package.json'), join(stage, 'apps/web/package.json'))
  await cp(join(root, 'apps/web/dist'), join(stage, 'apps/web/dist'), { recursive: true })
  await cp(join(root, 'docker/systemd'), join(stage, 'systemd'), { recursive: true })

  say('Dependencies…')
  const own = ['-w', 'apps/homeserver', '-w', 'apps/registry', '--include-workspace-root']
  await run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', ...own], { cwd: stage, ...big })
  const { stdout } = await run('npm', ['sbom', '--omit=dev', '--sbom-format=cyclonedx', ...own.slice(0, 4)], { cwd: stage, ...big })
  const sbom = z
    .looseObject({ components: z.array(z.looseObject({ name: z.string(), version: z.string() })) })
    .parse(JSON.parse(stdout))
  const components = sbom.components as SbomComponent[]
  const problems = checkLicences(components)
  if (problems.length > 0) throw new Error(`Licences that do not go with Apache-2.0, or unknown:\n${problems.join('\n')}`)
  // A number made at random and the hour of making would make each archive another one.
  const { serialNumber: _serial, metadata, ...lasting } = sbom
  const { timestamp: _when, ...about } = z.looseObject({}).parse(metadata ?? {})
  await writeFile(join(stage, 'sbom.cdx.json'), `${JSON.stringify({ ...lasting, metadata: about }, undefined, 1)}\n`)
  await writeFile(join(stage, 'LICENCES.txt'), licenceList(components))
  await rm(join(stage, 'node_modules/.package-lock.json'), { force: true })

  const archive = join(target, `${name}.tar.gz`)
  await mkdir(target, { recursive: true })
  const steady = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u+rwX,go+rX,go-w']
  // gzip without name and time.
  await run('tar', [...steady, '--use-compress-program=gzip -n9', '-cf', archive, '-C', work, name], big)
  const digest = createHash('sha256').update(await readFile(archive)).digest('hex')
  await writeFile(`${archive}.sha256`, `${digest}  ${name}.tar.gz\n`)
  say(`${archive}\nsha256 ${digest}\n${components.length} dependencies`)
} finally {
  await rm(work, { recursive: true, force: true })
}
