/** What people are shown of a deletion. */
import type { Context } from '../context.ts'
import type { ErasedDevice, Erasure } from './types.ts'

/** Whose device it is still counts when they have left the institution: it is the one they had it of. */
async function institutionOf(ctx: Context, userId: string): Promise<string | undefined> {
  return (await ctx.policy.placeOf(userId)).institution ?? (await ctx.accounts.get(userId))?.institution
}

/** The same for a reader who coordinates `institution`, if any: it sees the devices of its own people, others see how many. */
export async function erasureViewFor(ctx: Context, erasure: Erasure, institution: string | undefined) {
  if (institution === undefined) return erasureView(ctx, erasure)
  const own: ErasedDevice[] = []
  for (const one of erasure.devices)
    if ((await institutionOf(ctx, one.user_id)) === institution) own.push(one)
  return erasureView(ctx, erasure, own)
}

export function erasureView(ctx: Context, erasure: Erasure, list?: readonly ErasedDevice[]) {
  const { event_ids: _, sessions: __, devices, receipt, partners, ...rest } = erasure
  const waiting = devices.filter((one) => one.confirmed_ts === undefined)
  return {
    ...rest,
    receipts: [
      ...(receipt ? [{ server: ctx.serverName, receipt }] : []),
      ...partners.flatMap((one) => (one.receipt ? [{ server: one.server, receipt: one.receipt }] : [])),
    ],
    unconfirmed: [
      ...(receipt
        ? []
        : [
            {
              server: ctx.serverName,
              since: erasure.began_ts,
              why: erasure.held ? ('held' as const) : ('working' as const),
            },
          ]),
      ...partners.flatMap(({ server, since, asked_ts, why, receipt: theirs }) =>
        theirs ? [] : [{ server, since, ...(asked_ts ? { asked_ts } : {}), why: why ?? 'working' }],
      ),
    ],
    devices: {
      confirmed: devices.length - waiting.length,
      waiting: waiting.length,
      elsewhere: partners.flatMap(({ server, devices: theirs }) => (theirs ? [{ server, ...theirs }] : [])),
      ...(list === undefined ? {} : { list }),
    },
  }
}
