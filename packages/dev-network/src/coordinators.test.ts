/** The demo network's list: signed by example coordinators, through restarts, changes, and data folders of earlier versions. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRegistryKey } from '@enlace/registry/signing'
import { generateTrustKey, openKey, type Publication, signMetadata, verifyPublication } from '@enlace/trust'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EXAMPLE_PASSPHRASE, signedByExampleCoordinators } from './coordinators.ts'

let folder: string
let said: string[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-demo-'))
  said = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const servers = [
  { server_name: 'hn.localhost:8110', institutions: ['hn-sreci'] },
  { server_name: 'gt.localhost:8210', institutions: ['gt-renap'] },
]

async function signed(of = servers) {
  const registryDir = join(folder, 'registry')
  await mkdir(registryDir, { recursive: true })
  const { publicationFile, rootFile } = await signedByExampleCoordinators({
    folder,
    registryDir,
    servers: of,
    say: (line) => said.push(line),
  })
  const publication = JSON.parse(readFileSync(publicationFile, 'utf8')) as Publication
  const verdict = verifyPublication(publication, { now: Date.now() })
  if (!verdict.ok) throw new Error(verdict.detail)
  return { publication, verified: verdict.verified, root: readFileSync(rootFile, 'utf8') }
}

test('two of each country; one of each signs; the keys open with the demo’s passphrase', async () => {
  const { verified, root } = await signed()
  const { roles, 'x-enlace': enlace } = verified.root.content
  expect(roles.targets).toMatchObject({ threshold: 2, keyids: { length: 4 } })
  expect(Object.values(enlace?.countries ?? {}).map((keys) => keys.length)).toEqual([2, 2])
  expect(Object.values(enlace?.names ?? {}).every((name) => name.includes('de ejemplo'))).toBe(true)
  expect(verified.list.institution('gt-renap')).toMatchObject({ country: 'GT' })
  expect(root).toBe(verified.publication.roots[0])
  const key = JSON.parse(readFileSync(join(folder, 'coordinaciones-de-ejemplo', 'gt2.llave.json'), 'utf8'))
  expect(openKey(key, EXAMPLE_PASSPHRASE)).toMatchObject({ ok: true, owner: { country: 'GT' } })
})

test('a second start changes nothing; another server is signed anew under the same root', async () => {
  const first = await signed()
  expect((await signed()).publication).toEqual(first.publication)
  const more = await signed([...servers, { server_name: 'socio.localhost:9', institutions: [] }])
  expect(more.publication.roots).toEqual(first.publication.roots)
  expect(more.verified.targets.version).toBe(2)
  // What was published with the tool meanwhile is gone on from.
  writeFileSync(join(folder, 'registry', 'published.json'), JSON.stringify(more.publication))
  writeFileSync(
    join(folder, 'coordinaciones-de-ejemplo', 'publicado.json'),
    JSON.stringify(first.publication),
  )
  expect((await signed()).verified.targets.version).toBe(3)
  expect(said).toEqual([])
})

test('a data folder in which the registry signed alone is led over, and people are told', async () => {
  const registryDir = join(folder, 'registry')
  const key = await openRegistryKey(registryDir)
  const role = { keyids: [key.keyid], threshold: 1 }
  const old = JSON.stringify(
    signMetadata(
      {
        _type: 'root',
        spec_version: '1.0.31',
        version: 1,
        expires: '2040-01-01T00:00:00Z',
        consistent_snapshot: false,
        keys: { [key.keyid]: key.record },
        roles: { root: role, timestamp: role, snapshot: role, targets: role },
      },
      [key],
    ),
  )
  for (const file of [join(registryDir, 'root.json'), join(folder, 'root.json')]) writeFileSync(file, old)
  const { publication, root } = await signed()
  expect(root).toBe(old)
  expect(publication.roots[0]).toBe(old)
  expect(publication.roots).toHaveLength(2)
  expect(said.join()).toContain('coordinaciones de ejemplo')
  expect((await signed()).publication).toEqual(publication)
})

test('where nothing leads over, it begins anew and says so', async () => {
  writeFileSync(join(folder, 'root.json'), JSON.stringify({ lost: generateTrustKey().keyid }))
  const { publication, root } = await signed()
  expect(root).toBe(publication.roots[0])
  expect(said.join()).toContain('empieza de nuevo')
})
