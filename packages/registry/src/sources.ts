/** Where the list comes from: coordinators' signed file, or, without coordinators, `servers` of the configuration. */
import { readFile } from 'node:fs/promises'
import {
  createList,
  createTargets,
  type Delegations,
  delegationsContent,
  institutionDelegations,
  type ListedServer,
  maxPublicationBytes,
  type Publication,
  type SignedInstitution,
  signMetadata,
  type TrustKey,
  type VerifiedPublication,
  verifyPublication,
  withEarlierRoots,
} from '@enlace/trust'
import { ConfigError } from './config.ts'
import type { Source } from './publisher.ts'
import { PublicationRefused } from './refused.ts'

const day = 86_400_000
const targetsValidity = 90 * day
const renewTargetsBefore = 45 * day

/** By registry key. */
export type Institutions = Readonly<Record<string, SignedInstitution>>

/** The registry signs its own list, under roots that name its key alone. */
export function ownSource(
  key: TrustKey,
  roots: readonly string[],
  servers: readonly ListedServer[],
  institutions: Institutions,
  delegations: Delegations,
  now: () => number,
): Source {
  const list = createList(servers, placed(servers, institutions))
  const keys = JSON.stringify(institutionDelegations(delegations))
  return (before, version) => {
    if (
      before?.publication.list === list &&
      before.publication.roots.join() === roots.join() &&
      JSON.stringify(institutionDelegations(delegationsContent(before.delegations))) === keys &&
      before.targets.expiresAt - now() > renewTargetsBefore
    )
      return before.publication
    const expires = new Date(now() + targetsValidity)
    const targets = signMetadata(createTargets({ version, expires }, Buffer.from(list), delegations), [key])
    return {
      _type: 'enlace-trust-publication',
      roots: [...roots],
      targets: JSON.stringify(targets),
      list,
    }
  }
}

/** What coordinators signed: the given file, unless a later one was published. @throws PublicationRefused */
export function coordinatorsSource(given: unknown, key: TrustKey, now: () => number): Source {
  return (before) => {
    const verdict = verifyPublication(given, { now: now(), allowExpired: true })
    if (!verdict.ok) throw new PublicationRefused(verdict.reason, verdict.detail)
    const { verified } = verdict
    if (follows(before, verified) && before.targets.version > verified.targets.version)
      return before.publication
    return accepted(verified, before, key)
  }
}

/** The next thing coordinators signed, which must follow what is published. @throws PublicationRefused */
export function nextSource(given: unknown, key: TrustKey, now: () => number): Source {
  return (before) => {
    const verdict = verifyPublication(given, { now: now(), before })
    if (!verdict.ok) throw new PublicationRefused(verdict.reason, verdict.detail)
    return accepted(verdict.verified, before, key)
  }
}

/** Whatever is out stays out, with a fresh timestamp. @param newer what was taken from the other registry since */
export const sameAgain =
  (newer: VerifiedPublication | undefined): Source =>
  (before) => {
    if (newer) return newer.publication
    if (!before) throw new PublicationRefused('malformed', 'Nothing is published yet.')
    return before.publication
  }

/** Hexadecimal keys of the configuration, as they are delegated. */
export function keysOf(given: Readonly<Record<string, readonly string[]>>): Delegations {
  return Object.fromEntries(
    Object.entries(given).map(([institution, keys]) => [
      institution,
      {
        threshold: 1,
        keys: keys.map((key) => ({
          keytype: 'ed25519' as const,
          scheme: 'ed25519' as const,
          keyval: { public: key },
        })),
      },
    ]),
  )
}

function follows(
  before: VerifiedPublication | undefined,
  next: VerifiedPublication,
): before is VerifiedPublication {
  const first = next.roots[0]?.digest
  return before?.roots.some(({ digest }) => digest === first) === true
}

function accepted(
  verified: VerifiedPublication,
  before: VerifiedPublication | undefined,
  key: TrustKey,
): Publication {
  const { timestamp, snapshot } = verified.root.content.roles
  if (![timestamp, snapshot].every(({ keyids }) => keyids.includes(key.keyid)))
    throw new PublicationRefused(
      'other-registry',
      'Its root does not name this registry’s key (signing-key.pem) for timestamp and snapshot. Restore that key, or let the coordinators name the new one: npm run trust -- rotate.',
    )
  if (follows(before, verified)) {
    const again = verifyPublication(verified.publication, { now: 0, before, allowExpired: true })
    if (!again.ok) throw new PublicationRefused(again.reason, again.detail)
  }
  return withEarlierRoots(verified, before)
}

export async function readPublication(file: string): Promise<unknown> {
  try {
    const text = await readFile(file, 'utf8')
    if (text.length > maxPublicationBytes) throw new Error('too large')
    return JSON.parse(text) as unknown
  } catch (error) {
    const { message, code = message } = error as NodeJS.ErrnoException
    throw new ConfigError(
      `trust.publication: no se puede leer ${file} (${code}) / trust.publication: cannot read ${file} (${code})`,
    )
  }
}

/** Kind and country of those that a server hosts, in the order of their keys. */
function placed(servers: readonly ListedServer[], institutions: Institutions): Institutions {
  const keys = servers.flatMap((server) => server.institutions).sort()
  return Object.fromEntries(
    keys.flatMap((key) => {
      const known = Object.hasOwn(institutions, key) ? institutions[key] : undefined
      return known ? [[key, { kind: known.kind, country: known.country }]] : []
    }),
  )
}
