/**
 * The published book under the institution's name: signed with a limited key that this node keeps and that the institution may
 * delegate its duty positions to (`KEY.duty`), or taken back at any time. Without it nothing is signed here.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publishedDuty } from '@enlace/coordination/duty'
import {
  createDutyTargets,
  exportTrustKey,
  generateTrustKey,
  importTrustKey,
  type PublicKeyRecord,
  signMetadata,
  type TrustKey,
} from '@enlace/trust'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { createKeyedQueue } from '../lib/in-turn.ts'
import type { Books, DutyPublication } from './types.ts'

const LIFETIME_MS = 90 * 86_400_000
/** Refusals that mean: the institution has not delegated its duty to this node. */
const NOT_DELEGATED = ['institution.no-key', 'institution.bad-signature']

export function createPublication(ctx: Context, books: Books) {
  const folder = join(ctx.config.data_dir, 'duty-keys')
  const keys = new Map<string, TrustKey | undefined>()
  const inTurn = createKeyedQueue()
  /** Tried and not delegated: not tried again until the institution's word changes. */
  const refused = new Set<string>()

  ctx.federation.onInstitutionChange((changed) => {
    for (const institution of changed) {
      refused.delete(institution)
      if (isOurs(institution)) void changedBook(institution)
    }
  })
  const isOurs = (institution: string) => ctx.federation.hosts(ctx.serverName, institution)
  const fileOf = (institution: string) => join(folder, `${institution}.pem`)

  /** The key there is. Institution keys have no characters that mean something in a path. */
  async function keyOf(institution: string): Promise<TrustKey | undefined> {
    if (!keys.has(institution)) {
      const pem = await readFile(fileOf(institution), 'utf8').catch(() => undefined)
      keys.set(institution, pem === undefined ? undefined : importTrustKey(pem))
    }
    return keys.get(institution)
  }

  /** Made when somebody first asks for it. */
  const publicKey = (institution: string): Promise<PublicKeyRecord> =>
    inTurn(`key|${institution}`, async () => {
      const known = await keyOf(institution)
      if (known) return known.record
      const made = generateTrustKey()
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const file = fileOf(institution)
      await writeFile(`${file}.new`, exportTrustKey(made), { mode: 0o600 })
      await rename(`${file}.new`, file)
      keys.set(institution, made)
      return made.record
    })

  async function publish(institution: string): Promise<void> {
    const key = await keyOf(institution)
    if (!key || refused.has(institution)) return
    const { book, revision } = await books.read(institution)
    const before = ctx.federation.signedDuty(institution)
    if (revision === 0 || (before && before.revision >= revision)) return
    const duty = JSON.stringify({
      _type: 'enlace-duty',
      institution,
      // The registry tells everybody the file's hash; with it nobody can guess what the file says.
      nonce: randomBytes(24).toString('base64url'),
      revision,
      duty: publishedDuty(book, ctx.clock.now()),
    })
    const role = `${institution}.duty`
    const signed = createDutyTargets({
      institution,
      version: (ctx.federation.institutionVersion(role) ?? 0) + 1,
      expires: new Date(ctx.clock.now() + LIFETIME_MS),
      duty,
    })
    try {
      await ctx.federation.publishInstitution(institution, {
        _type: 'enlace-institution-publication',
        role,
        metadata: JSON.stringify(signMetadata(signed, [key])),
        targets: { [`${institution}/duty.json`]: duty },
      })
      ctx.log.info({ institution, revision }, 'duty published')
    } catch (error) {
      const rule = error instanceof MatrixError ? String(error.extra['org.enlace.rule'] ?? '') : ''
      if (NOT_DELEGATED.includes(rule)) refused.add(institution)
      else ctx.log.warn({ err: error, institution }, 'duty could not be published; tried again soon')
    }
  }

  const changedBook = (institution: string): Promise<void> =>
    inTurn(institution, () => publish(institution)).catch((error: unknown) =>
      ctx.log.warn({ err: error, institution }, 'duty could not be published'),
    )

  return {
    publicKey,
    /** What could not be published before is tried again each time this is called. */
    changed: changedBook,
    async state(institution: string, revision: number): Promise<DutyPublication> {
      const signed = ctx.federation.signedDuty(institution)
      const delegated = (await keyOf(institution)) !== undefined && !refused.has(institution)
      const signer = signed || delegated ? (delegated ? 'node' : 'coordinator') : 'none'
      if (!signed) return { state: 'unsigned', signer }
      const state = signed.revision >= revision ? 'published' : 'waiting'
      return { state, signer, revision: signed.revision }
    },
  }
}
