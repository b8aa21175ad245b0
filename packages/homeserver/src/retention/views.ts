/** What people are shown of a deletion. */
import type { Context } from '../context.ts'
import type { Erasure } from './types.ts'

/** The list of devices is for the institutions' coordination; others see how many. */
export function erasureView(ctx: Context, erasure: Erasure, coordinates: boolean) {
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
      ...(coordinates ? { list: devices } : {}),
    },
  }
}
