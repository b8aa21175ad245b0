/**
 * What a room's access control list becomes when servers of the network are suspended or readmitted. Partners that know no list
 * of the network (stock Synapse, Dendrite) obey this one. Pure: the same list makes the same content on every node, so that
 * several who write at once write the same.
 */
import { z } from 'zod'

/** In `m.room.server_acl`: which of the entries the network's list put there. They alone are taken back by it. */
export const suspendedAclField = 'org.enlace.suspended'

const host = z
  .string()
  .max(255)
  .regex(/^[\w.:[\]-]+$/)

export const suspendedAclSchema = z.strictObject({
  /** of the network's list by which they were written */
  version: z.number().int().min(0),
  servers: z.array(host).max(1_000),
})

export interface AclGround {
  /** of the network's list */
  version: number
  /** this node among them */
  active: readonly string[]
  suspended: readonly string[]
}

/** Access control lists know hosts only ("Server Access Control Lists": excluding any port). */
const hostOf = (server: string): string => server.replace(/:\d+$/, '')

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

/** The version of the network's list that wrote the content last; 0: none did. */
export function aclVersion(content: unknown): number {
  const mark = suspendedAclSchema.safeParse(
    (content as Record<string, unknown> | undefined)?.[suspendedAclField],
  )
  return mark.success ? mark.data.version : 0
}

/**
 * @param content what stands in the room; undefined: no list
 * @param strangers servers with members in the room that are on no list
 * @returns undefined when it is as it should be
 */
export function aclAfterSuspension(
  content: Readonly<Record<string, unknown>> | undefined,
  ground: AclGround,
  strangers: readonly string[] = [],
): Record<string, unknown> | undefined {
  const { [suspendedAclField]: marked, ...rest } = content ?? { allow: ['*'] }
  const mark = suspendedAclSchema.safeParse(marked)
  const before = mark.success ? mark.data.servers : []
  // A host with another server that belongs here is not shut out: the removal of members has to do.
  const belongs = new Set(ground.active.map(hostOf))
  const wanted = [...ground.suspended, ...strangers].map(hostOf)
  const denied = texts(rest['deny'])
  const own = denied.filter((one) => !before.includes(one))
  const ours = [...new Set([...before, ...wanted])]
    .filter((one) => !belongs.has(one) && !own.includes(one) && host.safeParse(one).success)
    .sort()
    .slice(0, 1_000 - own.length)
  const inForce = ours.every((one) => before.includes(one) && denied.includes(one))
  if (inForce && ours.length === before.length) return undefined
  return {
    ...rest,
    deny: [...own, ...ours],
    // Also when nothing of ours is left: whoever knows an older list sees that a newer one was here.
    [suspendedAclField]: { version: ground.version, servers: ours },
  }
}
