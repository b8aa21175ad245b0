/** Signed minutes as a file that anybody verifies without Enlace (`enlace minutes verify`, `@enlace/evidence`). */
import { canonicalMinutes, type MeetingState, type Signature } from '@enlace/coordination/meetings'
import { collectNetwork, minutesFileText } from '@enlace/evidence'
import type { FetchFile } from '@enlace/trust/browser'

/**
 * @returns undefined while some of the minutes cannot be read here
 * @throws RequestError, TypeError when offline
 */
export async function savedMinutes(
  state: MeetingState,
  signatures: readonly Pick<Signature, 'institution' | 'sha256' | 'key'>[],
  fetchFile: FetchFile,
  now: number,
): Promise<string | undefined> {
  const minutes = canonicalMinutes(state)
  if (minutes === undefined) return undefined
  const signers = signatures.map((one) => one.institution)
  const network = await collectNetwork(fetchFile, signers, now)
  return minutesFileText({
    minutes,
    signatures: signatures.map(({ institution, sha256, key }) => ({
      institution,
      sha256,
      ...(key ? { key } : {}),
    })),
    network: network?.files ?? new Map(),
    savedTs: now,
  })
}
