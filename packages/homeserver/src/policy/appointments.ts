/** Succession: whom the network's coordinators appointed, as this node shows it, and who may publish first for an institution. */
import { rosterId } from '@enlace/trust'
import type { Context } from '../context.ts'
import { policyRefusal } from '../errors.ts'
import { growingCache } from '../lib/cache.ts'

/** An id costs some forty milliseconds and stays the same. */
const ids = growingCache<string, Promise<string>>(5_000)

function idOf(salt: string, userId: string): Promise<string> {
  const key = `${salt}|${userId}`
  const known = ids.get(key) ?? rosterId(salt, userId)
  ids.set(key, known)
  return known
}

/** The institution here that the person was appointed for and has not signed for yet. */
export async function appointedFor(ctx: Context, userId: string): Promise<string | undefined> {
  for (const key of ctx.federation.appointed()) {
    const found = ctx.federation.appointment(key)
    if (!found || found.taken || !ctx.federation.hosts(ctx.serverName, key)) continue
    if ((await idOf(found.salt, userId)) === found.id) return key
  }
  return undefined
}

/** Until the appointee has signed, nobody else hands in a roster here, whatever key they have. @throws M_FORBIDDEN */
export async function checkPublisher(ctx: Context, institution: string, userId: string): Promise<void> {
  const found = ctx.federation.appointment(institution)
  if (!found || found.taken || (await idOf(found.salt, userId)) === found.id) return
  throw policyRefusal('institution.appointed', institution, {
    es: `Las coordinaciones de la red nombraron a otra persona para ${institution}: solo ella publica la primera lista.`,
    en: `The network’s coordinators appointed another person for ${institution}: only they publish the first roster.`,
  })
}

export type ShownAppointment = {
  institution: string
  at_ts: number
  by: { name: string | null; country: string | null }[]
  taken: boolean
  /** Where the person is known here. */
  user_id: string | null
  name: string | null
}

/** For everybody: who was appointed, by whom, when. The list names nobody in clear; who is known here is recognised. */
export async function appointments(ctx: Context): Promise<ShownAppointment[]> {
  const { coordinators } = await ctx.federationList.report()
  const shown: ShownAppointment[] = []
  for (const institution of [...ctx.federation.appointed()].sort()) {
    const found = ctx.federation.appointment(institution)
    if (!found) continue
    const userId = await knownAs(ctx, institution, found)
    const profile = userId === undefined ? undefined : await ctx.profiles.get(userId).catch(() => undefined)
    const name = profile?.['displayname']
    shown.push({
      institution,
      at_ts: found.at,
      by: found.by.map((keyid) => {
        const one = coordinators.find((each) => each.keyid === keyid)
        return { name: one?.name ?? null, country: one?.country ?? null }
      }),
      taken: found.taken,
      user_id: userId ?? null,
      name: typeof name === 'string' ? name : null,
    })
  }
  return shown
}

const MOST_LOOKED_AT = 200

/** Among accounts here, and people of the institution's server that share a room with somebody here. */
async function knownAs(
  ctx: Context,
  institution: string,
  { id, salt }: { id: string; salt: string },
): Promise<string | undefined> {
  const candidates = new Set<string>()
  if (ctx.federation.hosts(ctx.serverName, institution))
    for (const { userId, deactivated } of await ctx.accounts.list()) if (!deactivated) candidates.add(userId)
  if (candidates.size === 0)
    for await (const rooms of ctx.rooms.allRooms())
      for (const roomId of rooms)
        for (const userId of await ctx.rooms.members(roomId, 'join'))
          if (ctx.federation.hosts(userId.slice(userId.indexOf(':') + 1), institution)) candidates.add(userId)
  for (const userId of [...candidates].slice(0, MOST_LOOKED_AT))
    if ((await idOf(salt, userId)) === id) return userId
  return undefined
}
