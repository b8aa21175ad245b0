import { createHash } from 'node:crypto'
import {
  createFederationList,
  type FederationList,
  type ListedServer,
  type SignedInstitution,
  verifyFederationList,
} from '@enlace/trust'
import type { Signing } from './signing.ts'
import type { Storage, StoredList } from './storage.ts'

/** By registry key. */
type Institutions = Readonly<Record<string, SignedInstitution>>

export interface PublishedList {
  list: FederationList
  bytes: string
}

/**
 * Publishes the federation list. A version is published once and never with two contents; a new one is made when
 * the servers or their institutions change, and when half of the current one's time has passed.
 */
export class Publisher {
  readonly #signing: Signing
  readonly #storage: Storage
  readonly #validity: number
  readonly #now: () => number
  #current: PublishedList | undefined
  #queue: Promise<unknown> = Promise.resolve()

  /** @param validity how long a list is valid, in milliseconds */
  constructor(signing: Signing, storage: Storage, validity: number, now: () => number) {
    this.#signing = signing
    this.#storage = storage
    this.#validity = validity
    this.#now = now
  }

  /** The latest published list; undefined before the first `publish`. */
  get current(): PublishedList | undefined {
    return this.#current
  }

  /** Makes sure that a fresh list of these servers is out. Calls take turns. */
  publish(servers: readonly ListedServer[], institutions: Institutions): Promise<PublishedList> {
    const turn = this.#queue.then(() => this.#publish(servers, placed(servers, institutions)))
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #publish(servers: readonly ListedServer[], institutions: Institutions): Promise<PublishedList> {
    const content = contentOf(servers, institutions, this.#signing.key.keyid)
    for (let attempt = 0; attempt < 5; attempt++) {
      const now = this.#now()
      const latest = await this.#storage.latestList()
      const usable = latest && this.#usable(latest, content, now)
      if (usable) {
        this.#current = usable
        return usable
      }
      const version = (latest?._id ?? 0) + 1
      const expires = new Date(now + this.#validity)
      const bytes = JSON.stringify(
        createFederationList({ version, expires, servers, institutions }, [this.#signing.key]),
      )
      if (!(await this.#storage.addList({ _id: version, content, bytes, expires }))) continue
      const verdict = verifyFederationList(this.#signing.root, bytes, { now })
      if (!verdict.ok) throw new Error(`The list just signed does not verify: ${verdict.detail}`)
      this.#current = { list: verdict.list, bytes }
      return this.#current
    }
    throw new Error(
      'Another process publishes federation lists from this database. Run one registry for each.',
    )
  }

  #usable(stored: StoredList, content: string, now: number): PublishedList | undefined {
    if (stored.content !== content) return undefined
    if (stored.expires.getTime() - now < this.#validity / 2) return undefined
    const verdict = verifyFederationList(this.#signing.root, stored.bytes, { now })
    return verdict.ok ? { list: verdict.list, bytes: stored.bytes } : undefined
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

function contentOf(servers: readonly ListedServer[], institutions: Institutions, keyid: string): string {
  const plain = servers.map(({ server_name, institutions: hosted, status, case_slot }) => [
    server_name,
    hosted,
    status,
    case_slot ?? null,
  ])
  return createHash('sha256')
    .update(JSON.stringify([keyid, plain, institutions]))
    .digest('hex')
}
