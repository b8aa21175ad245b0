/** What partners compare, and what coordinators see of the network's list (docs/enlace-api.md, "Trust list"). */
import { maxInstitutionPublicationBytes } from '@enlace/trust'
import { z } from 'zod'
import { forbidden, notFound } from '../../errors.ts'
import { answered, type Route, route } from '../../http/route.ts'
import { appointedFor, appointments, checkPublisher } from '../../policy/appointments.ts'
import { VERSIONS_PATH } from './compare.ts'

export const trustFederationRoutes: Route[] = [
  route({
    method: 'GET',
    path: VERSIONS_PATH,
    auth: 'server',
    entryPoint: 'trust',
    query: z.object({ known: z.string().max(64).optional() }),
    handler: ({ ctx, query }) => ctx.federationList.told(query.known),
  }),
]

export const trustClientRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/_enlace/client/v1/trust',
    auth: 'user',
    async handler({ ctx, requester }) {
      const { role } = await ctx.policy.memberOf(requester.userId)
      if (role !== 'coordinator')
        throw forbidden('Solo la coordinación ve el estado de la lista de la red. / For coordinators only.')
      return ctx.federationList.report()
    },
  }),
  route({
    method: 'GET',
    path: '/_enlace/client/v1/trust/appointments',
    auth: 'user',
    handler: async ({ ctx, requester }) => ({
      appointments: await appointments(ctx),
      mine: (await appointedFor(ctx, requester.userId)) ?? null,
    }),
  }),
  // Files as they were signed: whoever signs or checks in a browser verifies them from the root it was given.
  ...(['metadata/:file', 'targets/:folder/:file', 'targets/:file'] as const).map((path) =>
    route({
      method: 'GET',
      path: `/_enlace/client/v1/trust/${path}`,
      auth: 'user',
      params: z.object({ folder: z.string().max(100).optional(), file: z.string().max(200) }),
      handler({ ctx, params: { folder, file }, res }) {
        const wanted = [path.split('/')[0], folder, file].filter((part) => part !== undefined).join('/')
        const found = ctx.federation.trustFile(wanted)
        if (!found)
          throw notFound('Este nodo no tiene ese archivo firmado. / This node has no such signed file.')
        res.setHeader('Content-Type', 'application/json')
        // A name with a hash or a version is one content for ever; for this person alone, because some are for the network only.
        res.setHeader(
          'Cache-Control',
          file === 'timestamp.json' ? 'no-cache' : 'private, max-age=86400, immutable',
        )
        res.end(found.bytes)
        return answered
      },
    }),
  ),
  route({
    method: 'POST',
    path: '/_enlace/client/v1/trust/institutions/:key',
    auth: 'user',
    params: z.object({ key: z.string().max(64) }),
    body: z.unknown(),
    maxBody: maxInstitutionPublicationBytes,
    async handler({ ctx, requester, params, body }) {
      await checkPublisher(ctx, params.key, requester.userId)
      const taken = await ctx.federation.publishInstitution(params.key, body)
      const appointed = ctx.federation.appointment(params.key)
      if (appointed && !appointed.taken)
        await ctx.audit.record({
          act: 'account.succession',
          by: requester.userId,
          on: requester.userId,
          institution: params.key,
          facts: { version: taken.version },
        })
      return taken
    },
  }),
]
