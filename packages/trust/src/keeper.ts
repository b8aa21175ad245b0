import {
  type FederationList,
  type ListRefusal,
  verifyFederationList,
  verifySignedList,
} from './federation-list.ts'
import type { Root } from './root.ts'

export type OfferVerdict =
  | { ok: true; changed: boolean; list: FederationList }
  | { ok: false; reason: ListRefusal | 'fork'; detail: string }

export type CurrentList =
  | { usable: true; list: FederationList }
  | { usable: false; reason: 'none' | 'expired' | 'root-expired' }

/**
 * What a node knows of the federation list: the last copy it verified, until that copy expires. It fetches nothing
 * and stores nothing; whoever owns it offers what was fetched and keeps `bytes` on disk for `restore`.
 */
export class FederationListKeeper {
  readonly #root: Root
  #last: { list: FederationList; bytes: Uint8Array; digest: string } | undefined

  constructor(root: Root) {
    this.#root = root
  }

  /** The last verified copy, to be kept; undefined before the first. */
  get bytes(): Uint8Array | undefined {
    return this.#last?.bytes
  }

  get version(): number | undefined {
    return this.#last?.list.version
  }

  /**
   * Offers a copy from the registry. A refused copy changes nothing. Two different lists with one version mean that
   * somebody tells nodes different things: refused as a `fork`.
   */
  offer(bytes: Uint8Array, now: number): OfferVerdict {
    const verdict = verifyFederationList(this.#root, bytes, { now, lastVersion: this.version })
    if (!verdict.ok) return verdict
    if (this.#last && verdict.list.version === this.#last.list.version) {
      if (verdict.digest !== this.#last.digest)
        return {
          ok: false,
          reason: 'fork',
          detail: `Two different federation lists are called version ${verdict.list.version}. Tell the registry’s operator.`,
        }
      return { ok: true, changed: false, list: this.#last.list }
    }
    this.#last = { list: verdict.list, bytes, digest: verdict.digest }
    return { ok: true, changed: true, list: verdict.list }
  }

  /** Takes back the copy kept on disk. One that has expired is not used, but still guards against rollback. */
  restore(bytes: Uint8Array, now: number): OfferVerdict {
    const verdict = verifySignedList(this.#root, bytes, { now, lastVersion: this.version })
    if (!verdict.ok) return verdict
    this.#last = { list: verdict.list, bytes, digest: verdict.digest }
    return { ok: true, changed: true, list: verdict.list }
  }

  /** The list to decide by at this moment. Not usable: no partner is trusted. */
  current(now: number): CurrentList {
    if (Date.parse(this.#root.expires) <= now) return { usable: false, reason: 'root-expired' }
    if (!this.#last) return { usable: false, reason: 'none' }
    if (this.#last.list.expiresAt <= now) return { usable: false, reason: 'expired' }
    return { usable: true, list: this.#last.list }
  }
}
