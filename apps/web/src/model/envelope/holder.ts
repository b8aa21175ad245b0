import { isSameCode } from '@enlace/coordination'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { type Bytes, fromUrl, random, toUrl } from '../../lib/prf.ts'
import type { DeviceAddress, KeyDesk, SealedNote } from '../history/types.ts'
import {
  heldFileSchema,
  heldHereSchema,
  heldSchema,
  PART,
  PART_KEPT,
  PART_PREFIX,
  partSchema,
} from './records.ts'
import { askCode, partHash, sealPart } from './seal.ts'
import type { HeldPart, Holder, RosterPlace } from './types.ts'

const KEY = 'envelope_parts'
const MAX_HELD = 500

export interface AccountFiles {
  /** @returns undefined when there is none */
  get(type: string): Promise<unknown>
  put(type: string, content: object): Promise<void>
}

/**
 * A coordinator's parts of other people's envelopes. Each is kept in the account, sealed with what only the coordinator's confirmed
 * devices have (the private key of the message backup, which their own recovery key brings to a new device): it survives the
 * loss of any of them, and no server reads it.
 */
export async function createHolder(args: {
  me: string
  database: Pick<OwnDatabase, 'get' | 'put'>
  files: AccountFiles
  desk: Pick<KeyDesk, 'devicesOf' | 'send' | 'senderOf'>
  /** Of the message backup; undefined while this device does not have it. */
  backupKey(): Promise<Uint8Array | undefined>
  confirmed(): boolean
  institution(): string | undefined
  rosterRole(userId: string, institution: string): Promise<RosterPlace>
  identityHolds(userId: string): Promise<boolean>
}): Promise<Holder & { onNote(note: SealedNote): Promise<'done' | 'later'>; keepSafe(): Promise<void> }> {
  const { me, database, files, desk } = args
  const parsed = heldHereSchema.safeParse(await database.get('facts', KEY).catch(() => undefined))
  let here = parsed.success ? parsed.data : {}

  async function typeFor(owner: string): Promise<string> {
    const name = new TextEncoder().encode(owner)
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', name))
    return PART_PREFIX + [...hash.slice(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }

  async function ownKey(): Promise<{ key: CryptoKey; name: string } | undefined> {
    const raw = await args.backupKey()
    if (!raw) return undefined
    const secret = await crypto.subtle.importKey('raw', Uint8Array.from(raw), 'HKDF', false, [
      'deriveKey',
      'deriveBits',
    ])
    const from = (info: string) => ({
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new TextEncoder().encode('org.enlace.envelope_part'),
      info: new TextEncoder().encode(`${info} ${me}`),
    })
    const usages: KeyUsage[] = ['encrypt', 'decrypt']
    const key = await crypto.subtle.deriveKey(
      from('key'),
      secret,
      { name: 'AES-GCM', length: 256 },
      false,
      usages,
    )
    return { key, name: toUrl(await crypto.subtle.deriveBits(from('name'), secret, 64)) }
  }
  const box = (iv: Bytes, type: string) => ({
    name: 'AES-GCM',
    iv,
    additionalData: new TextEncoder().encode(type),
  })

  /** @returns whether the account has it now */
  async function putAway(owner: string): Promise<boolean> {
    const part = here[owner]
    const own = part && (await ownKey())
    if (!part || !own) return false
    if (part.under === own.name) return true
    const type = await typeFor(owner)
    const iv = random(12)
    const { under: _, ...held } = part
    const sealed = await crypto.subtle.encrypt(
      box(iv, type),
      own.key,
      new TextEncoder().encode(JSON.stringify(held)),
    )
    await files.put(type, { iv: toUrl(iv.buffer), sealed: toUrl(sealed) })
    here = { ...here, [owner]: { ...part, under: own.name } }
    await database.put('facts', KEY, here)
    return true
  }

  async function find(owner: string): Promise<HeldPart | undefined> {
    const local = here[owner]
    const type = await typeFor(owner)
    const file = heldFileSchema.safeParse(await files.get(type))
    const own = file.success ? await ownKey() : undefined
    if (!file.success || !own) return local
    try {
      const opened = await crypto.subtle.decrypt(
        box(fromUrl(file.data.iv), type),
        own.key,
        fromUrl(file.data.sealed),
      )
      const held = heldSchema.parse(JSON.parse(new TextDecoder().decode(opened)))
      // A server that gives back an older one is found out where another device of this person knows better.
      if (held.owner !== owner || (local && local.madeTs > held.madeTs)) return local
      return held
    } catch {
      return local
    }
  }

  return {
    async onNote(note) {
      if (note.type !== PART) return 'done'
      const content = partSchema.safeParse(note.content)
      const owner = note.sender
      const institution = args.institution()
      if (!content.success || owner === me) return 'done'
      if (!args.confirmed() || institution === undefined) return 'later'
      const { id, made_ts: madeTs, share } = content.data
      // Of people of the own institution alone: others have coordinators of their own.
      if (content.data.institution !== institution) return 'done'
      const sender: DeviceAddress | undefined = await desk.senderOf(note)
      if (!sender || !(await args.identityHolds(owner))) return 'later'
      const role = await args.rosterRole(owner, institution)
      if (role === 'unknown') return 'later'
      if (role === 'not_member') return 'done'
      const before = await find(owner)
      if (before && before.madeTs > madeTs) return 'done'
      if (before?.id !== id) {
        if (here[owner] === undefined && Object.keys(here).length >= MAX_HELD) return 'done'
        here = { ...here, [owner]: { owner, id, institution, madeTs, share, under: '' } }
        await database.put('facts', KEY, here)
      }
      if (here[owner] !== undefined && !(await putAway(owner))) return 'later'
      // Only what would survive this device counts as kept.
      await desk.send(PART_KEPT, await desk.devicesOf([owner]), { id, share_hash: await partHash(share) })
      return 'done'
    },

    async keepSafe() {
      for (const owner of Object.keys(here)) await putAway(owner).catch(() => false)
    },

    async partFor({ id, userId, envelope, publicKey }, typedCode) {
      // From the key that it would be sealed for, whatever a server says.
      if (!isSameCode(typedCode, await askCode(userId, envelope, publicKey))) return 'wrong_code'
      const part = await find(userId)
      if (!part) return 'no_part'
      if (part.id !== envelope) return 'other_envelope'
      return {
        sealed: await sealPart(publicKey, { owner: userId, ask: id, envelope, by: me }, part.share),
      }
    },
  }
}
