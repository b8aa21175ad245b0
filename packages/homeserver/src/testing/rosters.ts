/** For tests: a registry in memory, whose institutions publish signed rosters, and nodes that obey it. */
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  createRoster,
  generateTrustKey,
  type ListedServer,
  type NamedMember,
  type SignedInstitution,
  type TrustKey,
} from '@enlace/trust'
import { TrustRepository } from '@enlace/trust/testing'
import type { FederatedNode, FederatedWorld } from './world.ts'

type Speaker = Omit<NamedMember, 'since'> & { since?: number }

export class RosterRegistry {
  readonly repo = new TrustRepository()
  readonly nodes: Pick<FederatedNode, 'ctx'>[] = []
  readonly #keys = new Map<string, TrustKey>()
  readonly #salts = new Map<string, string>()
  readonly #server: Server
  readonly #institutions: Record<string, SignedInstitution>
  #servers: ListedServer[] = []

  /** @param institutions all of them have a key of their own */
  constructor(institutions: Record<string, SignedInstitution>) {
    this.#institutions = institutions
    for (const key of Object.keys(institutions)) {
      this.#keys.set(key, generateTrustKey())
      this.repo.give(key, [this.#keys.get(key)!])
    }
    this.#server = createServer((req, res) => {
      const bytes = this.repo.files.get((req.url ?? '').replace(/^\/trust\//, ''))
      if (bytes) res.end(bytes)
      else res.writeHead(404).end()
    })
  }

  /** What a node's configuration says so as to obey it. */
  async open(world: Pick<FederatedWorld, 'folder'>): Promise<Record<string, unknown>> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    const root = join(world.folder, 'root.json')
    await writeFile(root, this.repo.rootText)
    const { port } = this.#server.address() as AddressInfo
    return { list: { url: `http://127.0.0.1:${port}/federation-list`, root } }
  }

  /** The servers of the network, from now on. */
  async list(
    servers: readonly (Omit<ListedServer, 'status'> & { status?: ListedServer['status'] })[],
    institutions = this.#institutions,
  ) {
    this.#servers = servers.map((one) => ({ status: 'active', ...one }))
    this.repo.publish(this.#servers, { institutions })
    await this.told()
  }

  async suspend(serverName: string, suspended = true) {
    await this.list(
      this.#servers.map((one) =>
        one.server_name === serverName ? { ...one, status: suspended ? 'suspended' : 'active' } : one,
      ),
    )
  }

  /** The institution says who speaks for it. */
  async roster(institution: string, members: readonly Speaker[]): Promise<void> {
    const key = this.#keys.get(institution)!
    const salt = this.#salts.get(institution)
    const named = members.map((one) => ({ since: 0, ...one }))
    const text = await createRoster({ institution, members: named, key, ...(salt ? { salt } : {}) })
    this.#salts.set(institution, (JSON.parse(text) as { salt: string }).salt)
    this.repo.speak(institution, { 'roster.json': text })
    await this.told()
  }

  /** Nodes look now, as they do when they are pushed. */
  async told(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.ctx.federation.refreshList()))
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }
}
