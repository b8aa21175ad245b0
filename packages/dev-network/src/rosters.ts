/**
 * The example institutions' keys, and the rosters of the demo accounts. As on a real network an institution speaks for
 * itself: what somebody published since with its key stays as it is.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { institutions as known } from '@enlace/directory/institutions'
import {
  createInstitutionTargets,
  createRoster,
  type Delegations,
  generateTrustKey,
  type InstitutionPublication,
  type NamedMember,
  openKey,
  publicKeyFile,
  sealKey,
  signMetadata,
  type TrustKey,
} from '@enlace/trust'
import { EXAMPLE_PASSPHRASE } from './coordinators.ts'

const day = 86_400_000
const validity = 90 * day
/** Quick to open: these keys protect nothing. */
const log2N = 12

const FIRST_SIGNED_MS = 200
const FIRST_SIGNED_TRIES = 150

export type InstitutionKey = { institution: string; key: TrustKey }

/** Made at the first start; `KEY.llave.json` opens with the example passphrase. */
export async function exampleInstitutionKeys(
  folder: string,
  institutions: readonly string[],
): Promise<InstitutionKey[]> {
  const place = join(folder, 'instituciones-de-ejemplo')
  await mkdir(place, { recursive: true, mode: 0o700 })
  return Promise.all(
    [...new Set(institutions)].sort().map(async (institution) => {
      const file = join(place, `${institution}.llave.json`)
      const text = await readFile(file, 'utf8').catch(() => undefined)
      const opened = text === undefined ? undefined : openKey(JSON.parse(text), EXAMPLE_PASSPHRASE)
      if (opened?.ok) return { institution, key: opened.key }
      const entry = known.find((one) => one.key === institution)
      const about = {
        name: `${entry?.name ?? institution} (de ejemplo)`.slice(0, 120),
        ...(entry ? { country: entry.country } : {}),
      }
      const key = generateTrustKey()
      await writeFile(file, JSON.stringify(sealKey(key, about, EXAMPLE_PASSPHRASE, log2N), undefined, 1), {
        mode: 0o600,
      })
      const open = JSON.stringify(publicKeyFile(key, about.name, about.country), undefined, 1)
      await writeFile(join(place, `${institution}.publica.json`), open)
      return { institution, key }
    }),
  )
}

/** As coordinators name them in the list's metadata. */
export const delegationsTo = (keys: readonly InstitutionKey[]): Delegations =>
  Object.fromEntries(
    keys.map(({ institution, key }) => [institution, { keys: [key.record], threshold: 1 }] as const),
  )

/** Opens the key of an example institution. @throws Error when there is none */
export async function openExampleKey(folder: string, institution: string): Promise<TrustKey> {
  const file = join(folder, 'instituciones-de-ejemplo', `${institution}.llave.json`)
  const opened = openKey(JSON.parse(await readFile(file, 'utf8')), EXAMPLE_PASSPHRASE)
  if (!opened.ok) throw new Error(`${file}: ${opened.reason}`)
  return opened.key
}

/**
 * Signs a roster and hands it to the registry.
 * @returns what the registry answered; `published` false: it has this version or a later one already
 */
export async function publishRoster(
  registryUrl: string,
  { institution, key }: InstitutionKey,
  members: readonly NamedMember[],
  { version = 1, salt, until }: { version?: number; salt?: string; until?: Date } = {},
): Promise<{ published: boolean }> {
  const roster = await createRoster({ institution, members, key, ...(salt === undefined ? {} : { salt }) })
  const expires = until ?? new Date(Date.now() + validity)
  const files = { 'roster.json': roster }
  const metadata = signMetadata(createInstitutionTargets({ institution, version, expires, files }), [key])
  const publication: InstitutionPublication = {
    _type: 'enlace-institution-publication',
    role: institution,
    metadata: JSON.stringify(metadata),
    targets: { [`${institution}/roster.json`]: roster },
  }
  const response = await fetch(`${registryUrl}/trust/institutions/${institution}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(publication),
  })
  if (response.ok) return { published: true }
  const answer = (await response.json().catch(() => ({}))) as { code?: string; message?: { en?: string } }
  if (answer.code === 'rollback' || answer.code === 'fork') return { published: false }
  throw new Error(
    `${institution}: the registry refuses the roster: ${response.status} ${answer.code ?? ''} ${answer.message?.en ?? ''}`,
  )
}

type Published = { version: number; expiresAt: number }

/** What the registry has of an institution; undefined: nothing yet. */
async function publishedOf(registryUrl: string, institution: string): Promise<Published | undefined> {
  const get = async (file: string) => {
    const response = await fetch(`${registryUrl}/trust/metadata/${file}`)
    if (!response.ok) throw new Error(`${file}: the registry answers ${response.status}`)
    return ((await response.json()) as { signed: SignedFile }).signed
  }
  let timestamp = await get('timestamp.json').catch(() => undefined)
  // A registry that has just started may not have signed yet.
  for (let tries = 0; !timestamp && tries < FIRST_SIGNED_TRIES; tries++) {
    await delay(FIRST_SIGNED_MS)
    timestamp = await get('timestamp.json').catch(() => undefined)
  }
  if (!timestamp) throw new Error(`${registryUrl}: the registry gives out no list; see registry.log`)
  const snapshot = await get(`${timestamp.meta?.['snapshot.json']?.version}.snapshot.json`)
  const version = snapshot.meta?.[`${institution}.json`]?.version
  if (version === undefined) return undefined
  const { expires } = await get(`${version}.${institution}.json`)
  return { version, expiresAt: Date.parse(expires) }
}
type SignedFile = { expires: string; meta?: Record<string, { version: number }> }

/** The rosters the demo starts with. An institution that has spoken already is left alone, until its word has run out. */
export async function seedRosters(
  registryUrl: string,
  keys: readonly InstitutionKey[],
  people: readonly ({ institution: string } & NamedMember)[],
): Promise<void> {
  for (const one of keys) {
    const members = people.flatMap(({ institution, ...member }) =>
      institution === one.institution ? [member] : [],
    )
    if (members.length === 0) continue
    const before = await publishedOf(registryUrl, one.institution)
    if (before && before.expiresAt > Date.now()) continue
    await publishRoster(registryUrl, one, members, { version: (before?.version ?? 0) + 1 })
  }
}
