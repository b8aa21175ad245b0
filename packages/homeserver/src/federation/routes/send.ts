/** PUT /send/{txnId} (server-server API, "Transactions"). */
import { z } from 'zod'
import { type Route, route } from '../../http/route.ts'
import { V1 } from './access.ts'

/** 50 events of 64 KiB, 100 EDUs, and room for other servers' idea of both. */
const MAX_BYTES = 16 * 1024 * 1024

export const sendRoutes: Route[] = [
  route({
    method: 'PUT',
    path: `${V1}/send/:txnId`,
    auth: 'server',
    entryPoint: 'send',
    params: z.object({ txnId: z.string().min(1).max(255) }),
    body: z.looseObject({
      pdus: z.array(z.unknown()).max(50).default([]),
      edus: z.array(z.unknown()).max(100).default([]),
    }),
    maxBody: MAX_BYTES,
    // Bounded by what may be under way at once, so that a partner catching up is not slowed down.
    rateLimit: 'none',
    handler({ ctx, origin, params, body }) {
      return ctx.federation.receiveTransaction(origin, params.txnId, body)
    },
  }),
]
