/** The directory's entries for clients: search as people ask, and HSDA (`packages/directory`), from this node's copy. */

import type { Catalogue } from '@enlace/directory/catalogue'
import { answerHsda, hsdaCollections } from '@enlace/directory/hsda'
import { scheduleFacts } from '@enlace/directory/marks'
import { openingOf, openingText, type ScheduleFacts } from '@enlace/directory/opening'
import type { Row } from '@enlace/directory/tables'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { invalidParam, notFound } from '../errors.ts'
import { type Route, route } from '../http/route.ts'

const BASE = '/_enlace/client/v1/directory'
const MAX_FOUND = 50
const MAX_QUERY = 200

/** Who speaks for an institution of the network sees what is for the network; other accounts see what anybody sees. */
async function catalogueFor(ctx: Context, userId: string): Promise<Catalogue> {
  const { institution } = await ctx.policy.memberOf(userId)
  return ctx.directory.catalogue(institution ? 'network' : 'public')
}

const collection = z.enum(hsdaCollections)
const query = z.record(z.string().max(40), z.string().max(400))

async function answer(
  ctx: Context,
  userId: string,
  of: z.output<typeof collection>,
  id: string | undefined,
  parameters: Record<string, string>,
) {
  if (parameters['format'] === 'ndjson') throw invalidParam('Only format=json is given here.')
  const found = answerHsda(await catalogueFor(ctx, userId), of, id, new URLSearchParams(parameters))
  if (found.kind === 'bad_parameter') throw invalidParam(found.text.en)
  if (found.kind !== 'object') throw notFound('The directory has no such record.')
  return found.body
}

const rowsOf = (value: unknown): Row[] => (Array.isArray(value) ? (value as Row[]) : [])

/** Hours of the service at that place, else of the service, else of the place: the nearest that says something. */
function openingHere(found: Row, country: string, now: number) {
  const service = found['service'] as Row | undefined
  const location = found['location'] as Row | undefined
  const schedules = [found, service, location]
    .map((one) => rowsOf(one?.['schedules']))
    .find((list) => list.length > 0)
  const facts = (schedules ?? []).map((one) => scheduleFacts(one as ScheduleFacts, rowsOf(one['attributes'])))
  const opening = openingOf(facts, { now, country })
  return { ...opening, text: openingText(opening, now) }
}

function countryOf(found: Row, fallback: string): string {
  const location = found['location'] as Row | undefined
  const [address] = rowsOf(location?.['addresses'])
  const mark = rowsOf(location?.['attributes']).find(({ link_type }) => link_type === 'country')
  return String(address?.['country'] ?? mark?.['value'] ?? fallback)
}

export const directoryEntryRoutes: Route[] = [
  route({
    method: 'GET',
    path: `${BASE}/search`,
    auth: 'user',
    query: z.object({
      q: z.string().max(MAX_QUERY),
      limit: z.coerce.number().int().min(1).max(MAX_FOUND).default(20),
    }),
    async handler({ ctx, requester, query: { q, limit } }) {
      const catalogue = await catalogueFor(ctx, requester.userId)
      const { results, understood } = catalogue.ask(q, limit)
      const now = ctx.clock.now()
      return {
        understood,
        results: results.map(({ id, where }) => {
          const organization = catalogue.row('organizations', id.organization)
          const place = id.atLocation ? catalogue.row('service_at_location', id.atLocation) : undefined
          const service = id.service ? catalogue.row('services', id.service) : undefined
          const whole: Row | undefined = place
            ? catalogue.full('service_at_location', place)
            : service && { id: service.id, service: catalogue.full('services', service) }
          return {
            ...(where ? { where } : {}),
            organization: organization && catalogue.fullOrganization(organization),
            ...(whole?.['service'] ? { service: whole['service'] } : {}),
            ...(whole?.['location'] ? { location: whole['location'] } : {}),
            ...(id.atLocation ? { service_at_location_id: id.atLocation } : {}),
            ...(whole ? { opening: openingHere(whole, countryOf(whole, ''), now) } : {}),
          }
        }),
      }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/hsds/:collection`,
    auth: 'user',
    params: z.object({ collection }),
    query,
    handler: ({ ctx, requester, params, query: parameters }) =>
      answer(ctx, requester.userId, params.collection, undefined, parameters),
  }),
  route({
    method: 'GET',
    path: `${BASE}/hsds/:collection/:id`,
    auth: 'user',
    params: z.object({ collection, id: z.uuid() }),
    query,
    handler: ({ ctx, requester, params, query: parameters }) =>
      answer(ctx, requester.userId, params.collection, params.id, parameters),
  }),
]
