/** What two nodes compare: which version of which file each was told, by digest. */
import { z } from 'zod'
import { keyIdSchema } from './keys.ts'

const versionSchema = z.object({ version: z.int().min(1), digest: keyIdSchema })
export const earlierSchema = z
  .record(z.string().regex(/^[1-9]\d{0,15}$/), keyIdSchema)
  .refine((versions) => Object.keys(versions).length <= 100)

/** What two nodes compare. */
export const trustVersionsSchema = z.object({
  root: versionSchema,
  targets: versionSchema.optional(),
  snapshot: versionSchema.optional(),
  timestamp: versionSchema.optional(),
  /** digests of earlier targets metadata, by version */
  earlier: earlierSchema,
})

export type TrustVersion = z.output<typeof versionSchema>
export type TrustVersions = z.output<typeof trustVersionsSchema>

/** What a partner was told, beside what we were told: a version that says two things is a fork. */
export function compareVersions(
  ours: TrustVersions,
  theirs: TrustVersions,
): { fork?: { role: 'root' | 'targets' | 'snapshot' | 'timestamp'; version: number }; behind: boolean } {
  for (const role of ['root', 'targets', 'snapshot', 'timestamp'] as const) {
    const [a, b] = [ours[role], theirs[role]]
    if (a && b && a.version === b.version && a.digest !== b.digest)
      return { fork: { role, version: a.version }, behind: false }
  }
  const said = (one: TrustVersions) =>
    one.targets ? { ...one.earlier, [one.targets.version]: one.targets.digest } : one.earlier
  const mine = said(ours)
  for (const [version, digest] of Object.entries(said(theirs)))
    if (Object.hasOwn(mine, version) && mine[version] !== digest)
      return { fork: { role: 'targets', version: Number(version) }, behind: false }
  const behind =
    theirs.root.version > ours.root.version || (theirs.targets?.version ?? 0) > (ours.targets?.version ?? 0)
  return { behind }
}
