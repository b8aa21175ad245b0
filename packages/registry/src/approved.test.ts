/** A registry takes materials and risks that institutions of both countries signed, and takes no step back. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MaterialContent } from '@enlace/coordination/materials/published'
import { placeAt } from '@enlace/coordination/risks'
import type { PublishedRisk } from '@enlace/coordination/risks/published'
import type { DirectoryEntry } from '@enlace/directory/entry'
import { publicFingerprint } from '@enlace/directory/fingerprint'
import { institutions } from '@enlace/directory/institutions'
import { markOf } from '@enlace/directory/marks'
import { startingEntry } from '@enlace/directory/upkeep'
import {
  createInstitutionTargets,
  generateTrustKey,
  type InstitutionFile,
  type MaterialsFile,
  materialApproval,
  type RisksFile,
  riskApproval,
  type SignedMaterial,
  type SignedRisk,
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
  folder = mkdtempSync(join(tmpdir(), 'enlace-approved-'))
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
async function publishFiles(
  institution: string,
  contents: Partial<Record<InstitutionFile, object>>,
): Promise<unknown> {
  const files = Object.fromEntries(
    Object.entries(contents).map(([file, content]) => [
      file,
      JSON.stringify({ institution, revision: version, ...content }),
    ]),
  ) as Partial<Record<InstitutionFile, string>>
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

function publish(
  more: Partial<MaterialsFile> | undefined,
  institution = publisher,
  entry?: DirectoryEntry,
): Promise<unknown> {
  version += 1
  return publishFiles(institution, {
    ...(more
      ? { 'materials.json': { _type: 'enlace-materials', materials: [], withdrawn: [], ...more } }
      : {}),
    ...(entry ? { 'entry.json': { _type: 'enlace-directory-entry', view: 'public', entry } } : {}),
  })
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

const square = (latitude: number, longitude: number) => placeAt({ latitude, longitude }, 'cell_10')!
const monthOf = (at: number) => new Date(at).toISOString().slice(0, 7)
const risk = (more: Partial<PublishedRisk> = {}): PublishedRisk => ({
  institution: publisher,
  id: 'a'.repeat(32),
  number: 1,
  kind: 'extortion',
  place: square(15.73, -88.6),
  when: monthOf(clock - 40 * day),
  until: monthOf(clock + 40 * day),
  source: 'migrant',
  reliability: 'probable',
  reports: 1,
  ...more,
})
function signedRisk(content: object, by: readonly string[] = [publisher, partner]): SignedRisk {
  const told = content as SignedRisk['risk']
  return {
    risk: told,
    approvals: by.map((institution) => ({
      institution,
      signatures: signMetadata(riskApproval(institution, told), [keys[institution]!]).signatures,
    })),
  }
}
function publishRisks(more: Partial<RisksFile>, institution = publisher, entries: object = {}) {
  version += 1
  return publishFiles(institution, {
    'risks.json': { _type: 'enlace-risks', risks: [], withdrawn: [], ...more },
    ...entries,
  })
}
const back = (number: number) => ({ institution: publisher, id: risk().id, number })

test('risks: what is not approved by both countries, or finer than its kind allows, is refused', async () => {
  expect(await publishRisks({ risks: [signedRisk(risk(), [publisher])] })).toBe('not-approved')
  expect(await publishRisks({ risks: [signedRisk(risk(), [partner])] })).toBe('not-approved')
  const changed = { ...signedRisk(risk()), risk: { ...signedRisk(risk()).risk, reports: 9 } }
  expect(await publishRisks({ risks: [changed] })).toBe('not-approved')
  const fine = placeAt({ latitude: 15.73, longitude: -88.6 }, 'cell_5')!
  for (const more of [{ place: fine }, { when: `${risk().when}-03` }, { note: 'x' }, { reports: 501 }])
    expect(await publishRisks({ risks: [signedRisk({ ...risk(), ...more })] })).toBe('malformed')
  expect(await publishRisks({ risks: Array.from({ length: 301 }, () => signedRisk(risk())) })).toBe(
    'malformed',
  )
  expect(await publishRisks({ risks: [signedRisk(risk({ institution: partner }))] })).toBe('malformed')
  expect(await publishRisks({ risks: [signedRisk(risk())] })).toBe('taken')
  expect(await publishRisks({ risks: [signedRisk(risk({ reports: 2 }))] })).toBe('rollback')
  expect(await publishRisks({ risks: [] })).toBe('rollback')
  expect(await publishRisks({ risks: [signedRisk(risk({ number: 2, reports: 2 }))] })).toBe('taken')
  expect(await publishRisks({ withdrawn: [back(2)] })).toBe('taken')
  expect(await publishRisks({ risks: [signedRisk(risk({ number: 2 }))], withdrawn: [back(2)] })).toBe(
    'rollback',
  )
})

test('a square in which a hidden place alone lies is refused; one that was published stays as it was signed', async () => {
  const lonely = square(16.6, -87.3)
  const entry = (hidden: boolean) => {
    const made = startingEntry(institutions.find(({ key }) => key === publisher)!)
    const [location] = made.records.locations ?? []
    if (!location) throw new Error('The institution has no place.')
    Object.assign(location, { latitude: 16.6, longitude: -87.3 })
    if (hidden)
      made.records.attributes = [
        ...(made.records.attributes ?? []),
        { ...markOf('locations', location.id, 'network_only', 'latitude') },
      ]
    return made
  }
  const files = (hidden: boolean) => ({
    'entry.network.json': {
      _type: 'enlace-directory-entry',
      view: 'network',
      nonce: 'A'.repeat(22),
      entry: entry(hidden),
    },
  })
  const told = signedRisk(risk({ place: lonely }))
  const url = `${registry.url}/publico/es/riesgo/`
  const marks = async () => (await (await fetch(url)).text()).match(/<rect|Lugar reservado/g)
  expect(await publishRisks({}, publisher, files(true))).toBe('taken')
  expect(await publishRisks({ risks: [told] }, publisher, files(true))).toBe('too-fine')
  expect(await publishRisks({ risks: [told] }, publisher, files(false))).toBe('too-fine')
  expect(await publishRisks({}, publisher, files(false))).toBe('taken')
  expect(await publishRisks({ risks: [told] }, publisher, files(false))).toBe('taken')
  expect(await marks()).toEqual(['<rect'])
  expect(await publishRisks({ risks: [told] }, publisher, files(true))).toBe('taken')
  // A square that grew now would say, beside the signed file, that something hidden is in it.
  expect(await marks()).toEqual(['<rect'])
  const next = signedRisk(risk({ place: lonely, id: 'b'.repeat(32) }))
  expect(await publishRisks({ risks: [told, next] }, publisher, files(true))).toBe('too-fine')
}, 60_000)

test('anybody sees it until its end or until an approval is taken back', async () => {
  const page = `${registry.url}/publico/es/riesgo/`
  const shown = async () => (await (await fetch(page)).text()).includes('<h3>Extorsión</h3>')
  const items = [signedRisk(risk())]
  expect(await publishRisks({ risks: items })).toBe('taken')
  expect(await shown()).toBe(true)
  expect(await (await fetch(page)).text()).not.toContain(publisher)
  expect(await publishRisks({ withdrawn: [back(1)] }, partner)).toBe('taken')
  await vi.waitFor(async () => expect(await shown()).toBe(false), 20_000)
  expect(await publishRisks({ risks: [signedRisk(risk({ number: 2 }))] })).toBe('taken')
  await vi.waitFor(async () => expect(await shown()).toBe(true), 20_000)
  clock += 80 * day
  await vi.waitFor(async () => expect(await shown()).toBe(false), 20_000)
}, 60_000)
