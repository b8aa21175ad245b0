/** The copy as it came and as it is kept: checked against its digest, joined with what changed, sealed on this device. */
import { z } from 'zod'
import { readSealedBytes, writeSealedBytes } from '../../lib/sealed-store.ts'

/** The node's records as they came; what is in them is checked where they are read (`readDirectoryCopy`). */
const recordSchema = z.looseObject({
  institution: z.looseObject({ key: z.string() }),
  last_modified: z.string(),
})
const answerSchema = z.object({
  view: z.enum(['public', 'network']),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  keys: z.array(z.string()),
  institutions: z.array(recordSchema),
})
const keptSchema = answerSchema.omit({ keys: true }).extend({ etag: z.string(), checkedAt: z.number() })
export type KeptCopy = z.output<typeof keptSchema>

export const sealedCopyName = (userId: string) => `directory ${userId}`

/**
 * What came, joined with what is kept where only changes came.
 *
 * @returns undefined when the whole is not what the node says it is: then all of it has to be asked for
 */
export async function joined(
  bytes: ArrayBuffer,
  kept: KeptCopy | undefined,
): Promise<Pick<KeptCopy, 'view' | 'digest' | 'institutions'> | undefined> {
  let content: unknown
  try {
    content = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
  const parsed = answerSchema.safeParse(content)
  if (!parsed.success) return undefined
  const { view, digest, keys } = parsed.data
  // As they came, so that they are written as the node wrote them.
  const came = (content as { institutions: KeptCopy['institutions'] }).institutions
  const byKey = new Map(
    [...(kept?.view === view ? kept.institutions : []), ...came].map((one) => [one.institution.key, one]),
  )
  const institutions = keys.flatMap((key) => byKey.get(key) ?? [])
  return (await digestOf(JSON.stringify(institutions))) === digest
    ? { view, digest, institutions }
    : undefined
}

async function digestOf(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** The latest change in a copy: what changed since is all that has to be asked for. */
export function lastChange({ institutions }: KeptCopy): string | undefined {
  let last: string | undefined
  for (const { last_modified } of institutions)
    if (last === undefined || Date.parse(last_modified) > Date.parse(last)) last = last_modified
  return last
}

/** @throws when the device has no room */
export async function keepCopy(userId: string, copy: KeptCopy): Promise<void> {
  const text = new TextEncoder().encode(JSON.stringify(copy))
  await writeSealedBytes(sealedCopyName(userId), await through(new CompressionStream('gzip'), text))
}

/** @returns undefined when there is none that can be read */
export async function readCopy(userId: string): Promise<KeptCopy | undefined> {
  const bytes = await readSealedBytes(sealedCopyName(userId)).catch(() => undefined)
  if (!bytes) return undefined
  try {
    const text = await through(new DecompressionStream('gzip'), new Uint8Array(bytes))
    const content: unknown = JSON.parse(new TextDecoder().decode(text))
    return keptSchema.safeParse(content).success ? (content as KeptCopy) : undefined
  } catch {
    return undefined
  }
}

async function through(
  stream: CompressionStream | DecompressionStream,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer())
}
