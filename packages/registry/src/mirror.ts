/**
 * Two registries that give out the same. Both keys stand in the root for timestamp and snapshot; the first of them leads: the
 * other hands on what it is sent and copies what the leader signs. While the leader is away the other signs by itself, far
 * enough above that no version is ever two things, and the leader goes on from there.
 */
import {
  FederationListKeeper,
  type InstitutionPublication,
  maxInstitutionPublicationBytes,
  parseInstitutionRole,
  parseRoot,
  readInstitutionMetadata,
  type TrustKey,
  targetPath,
} from '@enlace/trust'
import type { Logger } from 'pino'
import { RegistryError } from './errors.ts'
import type { InstitutionShelf } from './institution-shelf.ts'
import type { Publisher } from './publisher.ts'

const everyMs = 5_000
const timeoutMs = 10_000
/** Without an answer for so long the other one is away. */
const awayAfterMs = 15_000
/** What was handed on once is not handed back. */
export const forwardedHeader = 'x-enlace-forwarded'

export interface MirrorParts {
  url: string
  key: TrustKey
  publisher: Publisher
  shelf: InstitutionShelf
  /** shows files for the network only: both registries know the same tokens */
  networkToken: string | undefined
  /** signs and serves what there is now, after something was taken */
  signAnew(): Promise<unknown>
  /** something else is served than before */
  served(version: number): Promise<void>
  log: Logger
}

export interface Mirror {
  /** This one signs: it is the first in the root, or the first is away. */
  readonly signs: boolean
  readonly away: boolean
  /** Hands a publication to the one that leads. @returns its version; undefined: sign it here @throws RegistryError of the other */
  forward(path: string, body: unknown): Promise<number | undefined>
  /** Compares with the other one now. It does so by itself too. */
  sync(): Promise<void>
  close(): Promise<void>
}

export function startMirror(parts: MirrorParts): Mirror {
  const { publisher, shelf, key, log } = parts
  const base = new URL('trust/', parts.url.endsWith('/') ? parts.url : `${parts.url}/`)
  let keeper: FederationListKeeper | undefined
  let lastAnswer = Number.NEGATIVE_INFINITY
  let closed = false

  const leads = (): boolean =>
    publisher.current?.verified.root.content.roles.timestamp.keyids[0] === key.keyid
  const away = (): boolean => performance.now() - lastAnswer > awayAfterMs

  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const answer = await fetch(new URL(path, base), { ...init, signal: AbortSignal.timeout(timeoutMs) })
    if (answer.status >= 500 || answer.status === 429) throw new Error(`${path}: status ${answer.status}`)
    lastAnswer = performance.now()
    return answer
  }

  async function fileOf(path: string, networkOnly = false): Promise<Uint8Array | undefined> {
    const headers: Record<string, string> =
      networkOnly && parts.networkToken ? { authorization: `Bearer ${parts.networkToken}` } : {}
    const answer = await ask(path, { headers })
    if (!answer.ok) {
      await answer.body?.cancel()
      return undefined
    }
    const bytes = new Uint8Array(await answer.arrayBuffer())
    return bytes.length <= maxInstitutionPublicationBytes ? bytes : undefined
  }

  /** The other's list, verified as a node would. */
  async function theirList(): Promise<FederationListKeeper | undefined> {
    const first = publisher.current?.verified.publication.roots[0]
    if (!keeper) {
      const root = first === undefined ? undefined : parseRoot(first)
      if (!root?.ok) return undefined
      keeper = new FederationListKeeper(root.root)
    }
    const steps = keeper.update(Date.now())
    let step = steps.next()
    while (!step.done) step = steps.next(await fileOf(step.value.path))
    if (step.value.ok) return keeper
    // Older is what one is that was away.
    if (step.value.reason !== 'rollback')
      log.warn(
        { reason: step.value.reason, detail: step.value.detail },
        'what the other registry gives out is not taken',
      )
    return step.value.reason === 'rollback' ? keeper : undefined
  }

  /** Roles of which the other has a newer word: the institution's before the one it gave a key. */
  async function takeInstitutions(theirs: FederationListKeeper): Promise<void> {
    const roles = theirs.ground?.roles ?? []
    for (const role of [...roles].sort((a, b) => a.length - b.length)) {
      const meta = theirs.ground?.meta(role)
      const about = parseInstitutionRole(role)
      if (!meta || !about || meta.version <= shelf.version(role)) continue
      try {
        const bytes = await fileOf(`metadata/${meta.version}.${role}.json`)
        const read = bytes && readInstitutionMetadata(role, bytes)
        if (!read?.ok) throw new Error('its metadata is not there, or damaged')
        const publication: InstitutionPublication = {
          _type: 'enlace-institution-publication',
          role,
          metadata: Buffer.from(read.metadata.read.bytes).toString(),
          targets: {},
        }
        for (const [file, { sha256 }] of read.metadata.files) {
          const text = await fileOf(`targets/${about.institution}/${sha256}.${file}`, true)
          if (text) publication.targets[targetPath(about.institution, file)] = Buffer.from(text).toString()
        }
        await publisher.takeInstitution(about.institution, publication)
      } catch (error) {
        log.warn({ err: error, role }, 'what an institution said at the other registry is not taken')
      }
    }
  }

  /** What this one has and the other does not: said here while they did not reach each other. */
  async function giveBack(theirs: FederationListKeeper): Promise<boolean> {
    let given = false
    const ours = publisher.current?.verified
    if (ours && ours.targets.version > (theirs.version ?? 0)) {
      await post('publish', ours.publication)
      given = true
    }
    for (const { role, institution, metadata } of shelf.newest) {
      if (metadata.read.version <= (theirs.ground?.meta(role)?.version ?? 0)) continue
      await post(`institutions/${institution}`, shelf.publication(role))
      given = true
    }
    return given
  }

  async function post(path: string, body: unknown): Promise<{ status: number; said: unknown }> {
    const answer = await ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [forwardedHeader]: '1' },
      body: JSON.stringify(body),
    })
    return { status: answer.status, said: await answer.json().catch(() => undefined) }
  }

  async function compare(): Promise<void> {
    const theirs = await theirList()
    const before = publisher.current
    if (!theirs?.publication || !before) return
    if ((theirs.version ?? 0) > before.verified.targets.version)
      await publisher.takePublication(theirs.publication)
    await takeInstitutions(theirs)
    const files = theirs.signed
    if (files && files.version > before.version && publisher.isNamedBy(files.snapshot)) {
      const version = await publisher.adopt(theirs.publication, files)
      if (version !== undefined) await parts.served(version)
      return
    }
    if (leads()) {
      // Nothing is signed anew while all is as it was.
      publisher.raise(files?.version ?? 0)
      await parts.signAnew()
    } else if (await giveBack(theirs)) await compareOnce()
  }

  /** The leader answered with a newer version: it is taken at once, without giving back once more. */
  async function compareOnce(): Promise<void> {
    const theirs = await theirList()
    const files = theirs?.signed
    if (theirs?.publication && files && publisher.isNamedBy(files.snapshot)) {
      const version = await publisher.adopt(theirs.publication, files)
      if (version !== undefined) await parts.served(version)
    }
  }

  let turn: Promise<void> = Promise.resolve()
  const sync = (): Promise<void> => {
    turn = turn.then(() =>
      compare().catch((error: unknown) => log.debug({ err: error }, 'the other registry does not answer')),
    )
    return turn
  }
  const timer = setInterval(() => void sync(), everyMs)
  timer.unref()

  return {
    get signs() {
      return leads() || away()
    },
    get away() {
      return away()
    },
    sync,
    async forward(path, body) {
      if (closed || leads()) return undefined
      let answer: { status: number; said: unknown }
      try {
        answer = await post(path, body)
      } catch (error) {
        log.warn({ err: error }, 'the registry that leads is away: this one signs')
        lastAnswer = Number.NEGATIVE_INFINITY
        return undefined
      }
      const said = answer.said as { version?: number; code?: string; message?: { es: string; en: string } }
      if (answer.status !== 200 || typeof said?.version !== 'number')
        throw new RegistryError(
          answer.status,
          said?.code ?? 'refused',
          said?.message ?? {
            es: 'El directorio principal no lo aceptó.',
            en: 'The registry that leads did not take it.',
          },
        )
      await sync()
      return said.version
    },
    async close() {
      closed = true
      clearInterval(timer)
      await turn
    },
  }
}
