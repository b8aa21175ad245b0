/** What is signed with an institution's key for what it publishes: an approval, and the file that goes to the registry. */
import { signInstitution, signText } from '@enlace/trust/browser'
import { type Approvals, type ApprovedFiles, approvalOf, type SignedItem } from '@enlace/trust/institution'
import { type Failure, failureOf } from '../../lib/failure.ts'
import type { SigningDesk } from './types.ts'

type Signatures = Approvals[number]['signatures']

export type SignedOutcome =
  | { kind: 'taken' }
  /** signed, and sent by itself when the registry answers */
  | { kind: 'waiting' }
  | { kind: 'refused'; code?: string; failure?: Failure }
  /** the institution's key is not on this device */
  | { kind: 'no_key' }
  /** the network's coordinators ask for more signatures than one device gives */
  | { kind: 'several_keys' }
  /** something signed before has not arrived: it would be lost */
  | { kind: 'occupied' }
  /** what the institution has published cannot be trusted, or there is no list */
  | { kind: 'unread' }

type Unapproved<Item> = Item extends SignedItem ? Omit<Item, 'approvals'> : never

/** @returns undefined where this device does not have the institution's key */
export async function approvalBy(
  desk: Pick<SigningDesk, 'keys' | 'ready'>,
  institution: string,
  item: Unapproved<SignedItem>,
): Promise<Signatures | undefined> {
  await desk.ready
  const key = desk.keys.held.get().get(institution)
  if (!key) return undefined
  const signed = await signText(approvalOf(institution, item), [key])
  return (JSON.parse(signed) as { signatures: Signatures }).signatures
}

/**
 * Signs the institution's next file over what it has published at this moment, and sends it.
 *
 * @param next of the published text: the next one, or undefined when there is nothing to change
 * @param summary what the person was shown @throws what reading the published files throws
 */
export async function signApproved(
  desk: SigningDesk,
  institution: string,
  file: keyof ApprovedFiles,
  next: (before: string | undefined) => string | undefined,
  summary: readonly string[],
  now = Date.now(),
): Promise<SignedOutcome> {
  await desk.ready
  const key = desk.keys.held.get().get(institution)
  if (!key) return { kind: 'no_key' }
  if (desk.publications.pending.get().has(institution)) return { kind: 'occupied' }
  const reading = await desk.watch.institution(institution)
  if (reading.kind !== 'signed' && reading.kind !== 'silent') return { kind: 'unread' }
  const base = reading.kind === 'signed' ? reading.state : undefined
  const { keyids, threshold } = reading.kind === 'signed' ? reading.state.role : reading
  if (!keyids.includes(key.keyid)) return { kind: 'no_key' }
  if (threshold > 1) return { kind: 'several_keys' }
  const before = base && (await desk.watch.text(base, file))
  if (typeof before === 'object') return { kind: 'unread' }
  const text = next(before)
  if (text === undefined) return { kind: 'taken' }
  const publication = await signInstitution({
    institution,
    base,
    change: { files: { [file]: text } },
    keys: [key],
    now,
  })
  const outcome = await desk.publications.publish({ institution, publication, summary })
  if (outcome !== 'refused') return { kind: outcome }
  const { code, failure } = desk.publications.pending.get().get(institution) ?? {}
  // It is said here why, and nothing of it is lost: the file is made anew each time.
  await desk.publications.discard(institution)
  return {
    kind: 'refused',
    ...(code === undefined ? {} : { code }),
    ...(failure ? { failure } : {}),
  }
}

export type ActOutcome = SignedOutcome | { kind: 'failed'; failure: Failure }

/** Signed and at the registry first, then in the channel: there nobody says what the public cannot see. */
export async function signedThen(
  work: () => Promise<SignedOutcome>,
  say: () => Promise<unknown>,
): Promise<ActOutcome> {
  try {
    const outcome = await work()
    if (outcome.kind === 'taken') await say()
    return outcome
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) }
  }
}

/** Why the registry refused, as its words have it: `too_fine` of `institution.publication_too_fine`. */
export const refusalOf = (code: string | undefined): string =>
  (code?.split('.').at(-1) ?? '').replace(/^publication_/, '').replaceAll('-', '_')
