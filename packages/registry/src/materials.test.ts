/** A registry takes materials for migrants that institutions of both countries signed, and takes no step back. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MaterialContent } from '@enlace/coordination/materials/published'
import type { DirectoryEntry } from '@enlace/directory/entry'
import { publicFingerprint } from '@enlace/directory/fingerprint'
import { institutions } from '@enlace/directory/institutions'
import { startingEntry } from '@enlace/directory/upkeep'
import {
  createInstitutionTargets,
  generateTrustKey,
  type InstitutionFile,
  type MaterialsFile,
  materialApproval,
  type SignedMaterial,
  signMetadata,
  type TrustKey,
  targetPath,
} from '@enlace/trust'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createRegistry, type Registry } from './index.ts'
import { memoryStorage } from './testing.ts'

const publisher = 'hn-senaf-corinto'
const partner = 'gt-pgn-izabal'
const keys: Record<string, TrustKey> = { [publisher]: generateTrustKey(), [partner]: generateTrustKey() }
const hex = (key: TrustKey) => key.record.keyval.public
const day = 86_400_000

let folder: string
let registry: Registry
let clock: number
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'enlace-materials-'))
  clock = Date.now()
  registry = await createRegistry(
    {
      port: 0,
      data_dir: folder,
      servers: [
        { server_name: 'hn.example', institutions: [publisher] },
        { server_name: 'gt.example', institutions: [partner] },
      ],
      institution_keys: { [publisher]: [hex(keys[publisher]!)], [partner]: [hex(keys[partner]!)] },
    },
    { log: pino({ level: 'silent' }), storage: memoryStorage(), now: () => clock },
  )
})
afterEach(async () => {
  await registry.close()
  rmSync(folder, { recursive: true, force: true })
})

const leaflet = (more: Partial<MaterialContent> = {}): MaterialContent => ({
  institution: publisher,
  slug: 'ejemplo-documentos',
  language: 'es',
  number: 1,
  topic: 'documents',
  level: 'plain',
  title: 'Ejemplo: cómo pedir su partida',
  summary: 'Hoja inventada para pruebas.',
  blocks: [{ kind: 'text', markdown: 'Usted **puede** pedirla.' }],
  names: [],
  valid_until: clock + 30 * day,
  ...more,
})

function signed(content: MaterialContent, by: readonly string[] = [publisher, partner]): SignedMaterial {
  const material = content as unknown as SignedMaterial['material']
  return {
    material,
    approvals: by.map((institution) => ({
      institution,
      signatures: signMetadata(materialApproval(institution, material), [keys[institution]!]).signatures,
    })),
  }
}

let version = 0
/** @returns the version, or the reason it is refused for */
async function publish(
  more: Partial<MaterialsFile> | undefined,
  institution = publisher,
  entry?: DirectoryEntry,
): Promise<unknown> {
  version += 1
  const text = JSON.stringify({
    _type: 'enlace-materials',
    institution,
    revision: version,
    materials: [],
    withdrawn: [],
    ...more,
  })
  const files: Partial<Record<InstitutionFile, string>> = {
    ...(more ? { 'materials.json': text } : {}),
    ...(entry
      ? {
          'entry.json': JSON.stringify({
            _type: 'enlace-directory-entry',
            institution,
            view: 'public',
            revision: version,
            entry,
          }),
        }
      : {}),
  }
  const expires = new Date(clock + 90 * day)
  const metadata = signMetadata(createInstitutionTargets({ institution, version, expires, files }), [
    keys[institution]!,
  ])
  return registry
    .publishInstitution(institution, {
      _type: 'enlace-institution-publication',
      role: institution,
      metadata: JSON.stringify(metadata),
      targets: Object.fromEntries(
        Object.entries(files).map(([file, content]) => [
          targetPath(institution, file as InstitutionFile),
          content,
        ]),
      ),
    })
    .then(
      () => 'taken',
      (error: { reason?: string; message: string }) => error.reason ?? error.message,
    )
}

const gone = (number: number) => ({ institution: publisher, slug: leaflet().slug, language: 'es', number })

test('what is not approved by both countries, word for word, is refused', async () => {
  expect(await publish({ materials: [signed(leaflet(), [publisher])] })).toBe('not-approved')
  expect(await publish({ materials: [signed(leaflet(), [partner])] })).toBe('not-approved')
  const changed = { ...signed(leaflet()), material: { ...signed(leaflet()).material, title: 'Otro título' } }
  expect(await publish({ materials: [changed] })).toBe('not-approved')
  const hostile = { ...leaflet(), blocks: [{ kind: 'text', markdown: '<script>x</script>' }] }
  expect(await publish({ materials: [signed(hostile as MaterialContent)] })).toBe('malformed')
  expect(await publish({ materials: [signed(leaflet({ institution: partner }))] })).toBe('malformed')
  expect(await publish({ materials: [signed(leaflet({ valid_until: clock }))] })).toBe('expired')
  expect(await publish({ materials: [signed(leaflet())] })).toBe('taken')
})

test('versions only go up, and what is withdrawn stays withdrawn', async () => {
  expect(await publish({ materials: [signed(leaflet({ number: 2 }))] })).toBe('taken')
  expect(await publish({ materials: [signed(leaflet({ number: 1 }))] })).toBe('rollback')
  expect(await publish({ materials: [signed(leaflet({ number: 2, title: 'Otro' }))] })).toBe('rollback')
  expect(await publish({ materials: [] })).toBe('rollback')
  expect(await publish(undefined)).toBe('rollback')
  expect(await publish({ revision: 1, withdrawn: [gone(2)] })).toBe('rollback')
  expect(await publish({ withdrawn: [gone(2)] })).toBe('taken')
  expect(await publish({ materials: [signed(leaflet({ number: 2 }))], withdrawn: [gone(2)] })).toBe(
    'rollback',
  )
  expect(await publish({ materials: [signed(leaflet({ number: 3 }))], withdrawn: [gone(2)] })).toBe('taken')
})

test('a record of the directory that it names must be as it was; an end that is past keeps nobody from publishing', async () => {
  const institution = institutions.find(({ key }) => key === 'hn-rnp-sps')!
  const digest = createHash('sha256').update(publicFingerprint({ institution })!).digest('hex')
  const name = { institution: institution.key, digest }
  const other = { ...name, digest: '0'.repeat(64) }
  expect(await publish({ materials: [signed(leaflet({ names: [other] }))] })).toBe('changed-record')
  const unknown = { ...name, institution: 'hn-no-esta' }
  expect(await publish({ materials: [signed(leaflet({ names: [unknown] }))] })).toBe('changed-record')
  const item = signed(leaflet({ names: [name] }))
  expect(await publish({ materials: [item] })).toBe('taken')
  clock += 31 * day
  expect(await publish({ materials: [item, signed(leaflet({ slug: 'ejemplo-dos' }))] })).toBe('taken')
})

const page = (slug: string) => `${registry.url}/publico/es/material/${publisher}/${slug}/es/`
const status = async (slug: string) => (await fetch(page(slug))).status

test('anybody reads it until somebody who approved it takes that back, its time is over, or what it names changes', async () => {
  const institution = institutions.find(({ key }) => key === publisher)!
  const digest = createHash('sha256').update(publicFingerprint({ institution })!).digest('hex')
  const items = [
    signed(leaflet()),
    signed(leaflet({ slug: 'ejemplo-corto', valid_until: clock + day })),
    signed(leaflet({ slug: 'ejemplo-que-nombra', names: [{ institution: publisher, digest }] })),
  ]
  expect(await publish({ materials: items })).toBe('taken')
  const all = ['ejemplo-documentos', 'ejemplo-corto', 'ejemplo-que-nombra']
  expect(await Promise.all(all.map(status))).toEqual([200, 200, 200])
  expect(await (await fetch(page('ejemplo-documentos'))).text()).toContain('<strong>puede</strong>')

  expect(await publish({ withdrawn: [gone(1)] }, partner)).toBe('taken')
  await vi.waitFor(async () => expect(await Promise.all(all.map(status))).toEqual([404, 200, 200]), 20_000)
  clock += day
  await vi.waitFor(async () => expect(await Promise.all(all.map(status))).toEqual([404, 404, 200]), 20_000)
  expect(await publish({ materials: items }, publisher, startingEntry(institution))).toBe('taken')
  await vi.waitFor(async () => expect(await Promise.all(all.map(status))).toEqual([404, 404, 404]), 20_000)
}, 90_000)
