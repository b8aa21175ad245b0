/** Exports for clients (docs/enlace-api.md, "Exports"): permission, what was signed, one's own data, the node's signature. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { purposes, STATEMENT_TYPE } from '@enlace/evidence'
import { signJson } from '@enlace/room-model'
import { z } from 'zod'
import { authData, requireInteractiveAuth } from '../accounts/uia.ts'
import { mayReadCase } from '../cases/board.ts'
import type { Context } from '../context.ts'
import { notFound, policyRefusal } from '../errors.ts'
import { answered, type Route, route } from '../http/route.ts'
import type { Requester } from '../http/types.ts'
import { accountLines } from './account-lines.ts'
import { caseEvents, caseHeader } from './case-events.ts'
import { exportEnded, newExportId, openGrant, sealGrant } from './grant.ts'
import type { Grant } from './types.ts'

const BASE = '/_enlace/client/v1/exports'
const MAX_CASES = 50
const MAX_SERVERS = 100

const caseId = z.string().max(255).startsWith('$')
const grant = z.string().max(40_000)
const auth = authData.optional()

const noCase = () => notFound('Ese caso no está en sus canales. / There is no such case in your channels.')

/** Whose coordination or officials answer for what leaves: their own institution's cases. @throws M_FORBIDDEN, M_NOT_FOUND */
async function checkMayExport(ctx: Context, userId: string, caseIds: readonly string[]) {
  const { institution, role } = await ctx.policy.memberOf(userId)
  if (!institution || (role !== 'coordinator' && role !== 'official'))
    throw policyRefusal('export.role', institution?.key ?? '', {
      es: 'Exportar un caso corresponde a la coordinación o a las personas oficiales de una institución.',
      en: 'Exporting a case is for coordinators or officials of an institution.',
    })
  for (const id of caseIds) {
    if (!(await mayReadCase(ctx, userId, id))) throw noCase()
    const state = (await ctx.cases.read(id))?.state
    if (!state) throw noCase()
    const parties = [
      state.requesting,
      state.owner,
      state.offered?.to,
      ...state.receiving.map((one) => one.institution),
    ]
    const acted = state.history.some((one) => one.by.institution === institution.key)
    if (!parties.includes(institution.key) && !acted)
      throw policyRefusal('export.party', state.owner, {
        es: 'Un caso lo exporta una de las instituciones que intervienen en él.',
        en: 'A case is exported by one of the institutions that take part in it.',
      })
  }
  return { institution: institution.key, role }
}

const confirmed = (
  ctx: Context,
  requester: Requester,
  req: { ip?: string },
  given: z.output<typeof auth>,
  what: string,
) =>
  requireInteractiveAuth(ctx, {
    auth: given,
    stages: ['m.login.password'],
    operation: `POST /exports ${what}`,
    requester,
    address: req.ip ?? '',
  })

/** Of the cases: again at each step, because people leave channels and change places. @throws M_FORBIDDEN, M_NOT_FOUND */
async function granted(ctx: Context, requester: Requester, text: string, wanted?: string): Promise<Grant> {
  const one = openGrant(ctx, text, requester)
  // Nobody's own data are a case: no permission for them opens one.
  if (wanted !== undefined && !one.case_ids.includes(wanted)) throw noCase()
  if (one.kind === 'cases') {
    const { institution } = await checkMayExport(ctx, requester.userId, wanted === undefined ? [] : [wanted])
    // What is signed says for whom it was let out.
    if (institution !== one.institution) throw exportEnded()
  }
  return one
}

async function lines(res: ServerResponse, signal: AbortSignal, source: AsyncIterable<object>) {
  res.setHeader('Content-Type', 'application/x-ndjson')
  res.setHeader('Cache-Control', 'no-store')
  for await (const one of source) {
    if (signal.aborted) return answered
    if (!res.write(`${JSON.stringify(one)}\n`)) await once(res, 'drain', { signal }).catch(() => undefined)
  }
  // Whoever reads knows by it that nothing was cut off.
  res.end('{"end":true}\n')
  return answered
}

async function* caseLines(ctx: Context, userId: string, id: string): AsyncGenerator<object> {
  const header = await caseHeader(ctx, id)
  if (!header) throw noCase()
  yield header
  yield* caseEvents(ctx, userId, header)
}

export const exportRoutes: Route[] = [
  route({
    method: 'POST',
    path: `${BASE}/cases`,
    auth: 'user',
    body: z.strictObject({
      case_ids: z.array(caseId).min(1).max(MAX_CASES),
      purpose: z.enum(purposes),
      auth,
    }),
    async handler({ ctx, requester, body, req }) {
      const { userId, deviceId } = requester
      const caseIds = [...new Set(body.case_ids)]
      const place = await checkMayExport(ctx, userId, caseIds)
      await confirmed(ctx, requester, req, body.auth, `cases ${caseIds.join()} ${body.purpose}`)
      const one: Grant = {
        export_id: newExportId(),
        user_id: userId,
        device_id: deviceId,
        kind: 'cases',
        purpose: body.purpose,
        case_ids: caseIds,
        ...place,
        authorised_ts: ctx.clock.now(),
      }
      // Before anything leaves: no export without its entry.
      for (const id of caseIds)
        await ctx.audit.record({
          act: 'export.case',
          by: userId,
          institution: place.institution,
          case: id,
          room: ctx.cases.row(id)?.room_id,
          facts: { export: one.export_id, purpose: body.purpose, cases: caseIds.length },
        })
      return answerOf(ctx, one)
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/own`,
    auth: 'user',
    body: z.strictObject({ auth }),
    async handler({ ctx, requester, body, req }) {
      const { userId, deviceId } = requester
      await confirmed(ctx, requester, req, body.auth, 'own')
      const { institution, role } = await ctx.policy.placeOf(userId)
      const one: Grant = {
        export_id: newExportId(),
        user_id: userId,
        device_id: deviceId,
        kind: 'person',
        purpose: 'person',
        case_ids: [],
        ...(institution === undefined ? {} : { institution }),
        ...(role === undefined ? {} : { role }),
        authorised_ts: ctx.clock.now(),
      }
      await ctx.audit.record({
        act: 'export.person',
        by: userId,
        on: userId,
        facts: { export: one.export_id },
      })
      return answerOf(ctx, one)
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/case-events`,
    auth: 'user',
    rateLimit: 'read',
    body: z.strictObject({ grant, case_id: caseId }),
    async handler({ ctx, requester, body, res, signal }) {
      await granted(ctx, requester, body.grant, body.case_id)
      return lines(res, signal, caseLines(ctx, requester.userId, body.case_id))
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/own-data`,
    auth: 'user',
    rateLimit: 'read',
    body: z.strictObject({ grant }),
    async handler({ ctx, requester, body, res, signal }) {
      const { kind } = await granted(ctx, requester, body.grant)
      if (kind !== 'person') throw notFound('Esta exportación es de casos. / This export is of cases.')
      return lines(res, signal, accountLines(ctx, requester.userId))
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/server-keys`,
    auth: 'user',
    rateLimit: 'read',
    body: z.strictObject({ grant, servers: z.array(z.string().max(255)).max(MAX_SERVERS) }),
    async handler({ ctx, requester, body }) {
      await granted(ctx, requester, body.grant)
      const servers: Record<string, object[]> = {}
      for (const server of new Set([ctx.serverName, ...body.servers])) {
        const answer =
          server === ctx.serverName
            ? ctx.keyRing.ownKeys()
            : await ctx.keyRing.notarised(server, 0).catch(() => undefined)
        servers[server] = answer ? [answer] : []
      }
      return { servers }
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/sign`,
    auth: 'user',
    body: z.strictObject({ grant, manifest_sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
    /** The hash goes into the log before the signature is given out: each package that this node signed is named there. */
    async handler({ ctx, requester, body }) {
      const one = await granted(ctx, requester, body.grant)
      const { export_id: id, user_id: userId, institution, role } = one
      await ctx.audit.record({
        act: one.kind === 'cases' ? 'export.case' : 'export.person',
        by: userId,
        ...(one.kind === 'cases' ? {} : { on: userId }),
        institution,
        ...(one.case_ids.length === 1 ? { case: one.case_ids[0]! } : {}),
        facts: { export: id, manifest: body.manifest_sha256 },
      })
      return signJson(
        {
          type: STATEMENT_TYPE,
          export_id: id,
          server_name: ctx.serverName,
          user_id: userId,
          ...(institution === undefined ? {} : { institution }),
          ...(role === undefined ? {} : { role }),
          kind: one.kind,
          purpose: one.purpose,
          case_ids: one.case_ids,
          authorised_ts: one.authorised_ts,
          signed_ts: ctx.clock.now(),
          manifest_sha256: body.manifest_sha256,
        },
        ctx.serverName,
        ctx.signingKey,
      )
    },
  }),
]

const answerOf = (ctx: Context, one: Grant) => ({
  export_id: one.export_id,
  grant: sealGrant(ctx, one),
  server_name: ctx.serverName,
  user_id: one.user_id,
  ...(one.institution === undefined ? {} : { institution: one.institution }),
  authorised_ts: one.authorised_ts,
})
