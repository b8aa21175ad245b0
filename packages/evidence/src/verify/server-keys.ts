/** Whose key a signature of a server is held against, and how that key came to be known. */
import { verifyJson } from '@enlace/room-model'
import { z } from 'zod'
import type { ServersFile } from '../format.ts'
import type { ListedServers } from '../network-files.ts'

/** server -> key id -> public key, unpadded Base64. */
export type ServerKeyFile = Readonly<Record<string, Readonly<Record<string, string>>>>

/**
 * `given`: had another way than with the package. `list`: the network's coordinators signed it. `package`: nobody but the package
 * says whose it is, so it shows that what was signed is whole, not who signed it.
 */
export type KeyGround = 'given' | 'list' | 'package'

const answerSchema = z.looseObject({
  server_name: z.string(),
  verify_keys: z.record(z.string(), z.looseObject({ key: z.string() })),
  old_verify_keys: z
    .record(z.string(), z.looseObject({ key: z.string(), expired_ts: z.number() }))
    .default({}),
})

type Known = { key: string; ground: KeyGround; until?: number }

export class ServerKeys {
  readonly #known = new Map<string, Map<string, Known[]>>()

  constructor(given: ServerKeyFile, listed: ListedServers | undefined, { servers }: ServersFile) {
    for (const [server, keys] of Object.entries(given))
      for (const [id, key] of Object.entries(keys)) this.#add(server, id, { key, ground: 'given' })
    const pinned = new Set<string>()
    for (const { server_name: server, verify_keys: keys } of listed ?? []) {
      if (!keys) continue
      pinned.add(server)
      for (const [id, key] of Object.entries(keys)) this.#add(server, id, { key, ground: 'list' })
    }
    for (const [server, answers] of Object.entries(servers))
      for (const raw of answers) this.#learn(server, raw, pinned.has(server) || Object.hasOwn(given, server))
  }

  /** What a server says of its own keys. Where one of its keys is known otherwise, that one has to have signed it. */
  #learn(server: string, raw: object, known: boolean): void {
    const parsed = answerSchema.safeParse(raw)
    if (!parsed.success || parsed.data.server_name !== server) return
    const { verify_keys: current, old_verify_keys: old } = parsed.data
    const trusted = this.#groundOf(server, raw)
    if (known && trusted === undefined) return
    const self = Object.entries(current).some(([id, { key }]) => verifyJson(raw, server, id, key))
    if (!self) return
    const ground = trusted ?? 'package'
    for (const [id, { key }] of Object.entries(current)) this.#add(server, id, { key, ground })
    for (const [id, { key, expired_ts: until }] of Object.entries(old))
      this.#add(server, id, { key, ground, until })
  }

  #groundOf(server: string, raw: object): KeyGround | undefined {
    for (const [id, keys] of this.#known.get(server) ?? [])
      for (const { key, ground } of keys) if (verifyJson(raw, server, id, key)) return ground
    return undefined
  }

  #add(server: string, id: string, known: Known): void {
    const ids = this.#known.get(server) ?? new Map<string, Known[]>()
    ids.set(id, [...(ids.get(id) ?? []), known])
    this.#known.set(server, ids)
  }

  /** Whether one of the server's keys fits. @param ts of what was signed: a key that was given up signs nothing after that */
  signed(
    server: string,
    ts: number,
    fits: (keyId: string, publicKey: string) => boolean,
  ): KeyGround | undefined {
    for (const [id, keys] of this.#known.get(server) ?? [])
      for (const { key, ground, until } of keys)
        if ((until === undefined || ts <= until) && fits(id, key)) return ground
    return undefined
  }
}
