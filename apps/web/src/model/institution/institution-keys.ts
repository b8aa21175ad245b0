import { fromBase64, newSigningKey, type SigningKey, signingKey, toBase64 } from '@enlace/trust/browser'
import { keptChanges } from '../../lib/kept-changes.ts'
import { createStore } from '../../lib/store.ts'
import type { InstitutionKeys } from './types.ts'

const SECRET = 'org.enlace.institution_key.'

export interface KeyParts {
  /** names of this account's secrets */
  secretNames(): Iterable<string>
  /** Works with secret storage while the recovery key is at hand. */
  withSecrets<T>(
    recoveryKey: string,
    work: (secrets: {
      get(name: string): Promise<string | undefined>
      store(name: string, secret: string): Promise<void>
    }) => Promise<T>,
  ): Promise<{ ok: true; value: T } | { ok: false; reason: 'malformed' | 'wrong_key' }>
  /** sealed on this device, for this account */
  read(): Promise<string | undefined>
  write(text: string | undefined): Promise<void>
}

export function createInstitutionKeys(parts: KeyParts): InstitutionKeys {
  const held = createStore<ReadonlyMap<string, SigningKey>>(new Map())
  const stored = createStore<ReadonlySet<string>>(new Set())

  function lookAtStorage(also?: string): void {
    const names = [...parts.secretNames()].filter((name) => name.startsWith(SECRET))
    const keys = names.map((name) => name.slice(SECRET.length))
    // What was just stored comes back by sync a moment later.
    stored.set(new Set([...keys, ...(also === undefined ? [] : [also])]))
  }

  const change = keptChanges(held, (next) => {
    const seeds = Object.fromEntries(
      [...next].map(([institution, { seed }]) => [institution, toBase64(seed)]),
    )
    return parts.write(next.size === 0 ? undefined : JSON.stringify(seeds))
  })
  const keep = (institution: string, key: SigningKey) =>
    change((now) => new Map([...now, [institution, key]]))

  return {
    held,
    stored,
    keep,
    async load() {
      lookAtStorage()
      const text = await parts.read().catch(() => undefined)
      if (text === undefined) return
      const loaded = new Map<string, SigningKey>()
      for (const [institution, seed] of Object.entries(JSON.parse(text) as Record<string, string>))
        loaded.set(institution, await signingKey(fromBase64(seed)))
      held.set(loaded)
    },
    async create(institution) {
      const key = await newSigningKey()
      await keep(institution, key)
      return key
    },
    async store(institution, recoveryKey) {
      const key = held.get().get(institution)
      if (!key) throw new Error('There is no key of this institution here.')
      const done = await parts.withSecrets(recoveryKey, (secrets) =>
        secrets.store(SECRET + institution, toBase64(key.seed)),
      )
      if (!done.ok) return done.reason
      lookAtStorage(institution)
      return 'ok'
    },
    async fetch(institution, recoveryKey) {
      const done = await parts.withSecrets(recoveryKey, (secrets) => secrets.get(SECRET + institution))
      if (!done.ok) return done.reason
      if (done.value === undefined) return 'wrong_key'
      await keep(institution, await signingKey(fromBase64(done.value)))
      return 'ok'
    },
    async forget(institution) {
      await change((now) => new Map([...now].filter(([key]) => key !== institution)))
    },
  }
}
