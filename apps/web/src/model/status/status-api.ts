import { z } from 'zod'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'

const words = z.object({ es: z.string(), en: z.string() })
const ts = z.number().nullable()
const partnerSchema = z.object({
  server_name: z.string(),
  names: z.array(z.string()),
  reachable: z.boolean(),
  last_success_ts: ts,
  unreachable_since_ts: ts,
  waiting_ms: z.number(),
  version: z.string().nullable(),
})
const statusSchema = z.object({
  now_ts: z.number(),
  version: z.string(),
  list: z.union([
    z.object({ mode: z.literal('open') }),
    z.object({ mode: z.literal('list'), usable: z.boolean(), expires_ts: ts }),
  ]),
  rosters: z.array(z.object({ institution: z.string(), expires_ts: ts, problem: z.string().nullable() })),
  partners: z.array(partnerSchema),
  certificates: z.array(z.object({ of: z.string(), ends_ts: z.number() })),
  disk: z.object({ free_bytes: z.number(), total_bytes: z.number() }),
  backup: z.object({ configured: z.boolean(), last_made_ts: ts, last_verified_ts: ts }).nullable(),
  notes: z.array(z.object({ key: z.string(), urgency: z.enum(['now', 'soon']), words })),
})
export type NodeStatus = z.output<typeof statusSchema>
export type PartnerStatus = NodeStatus['partners'][number]

export async function fetchStatus(request: AuthedRequest): Promise<NodeStatus> {
  return statusSchema.parse(await request('GET', `${ENLACE}/institution/status`))
}
