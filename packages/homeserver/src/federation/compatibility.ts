/**
 * Which Enlace partners run, and whether it understands this one. `PROTOCOL` counts up when partners must know of a change; a
 * node says the oldest it still understands. What is no Enlace at all is a Matrix server: messages pass, the rest does not.
 */
import type { BilingualText } from '@enlace/directory/text'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { type Route, route } from '../http/route.ts'
import { backoffMs } from '../lib/backoff.ts'
import { ENLACE_VERSION } from '../lib/version.ts'
import { FederationError } from './errors.ts'
import type { Compatibility, PartnerSoftware } from './types.ts'

const FEATURES_PATH = '/_enlace/federation/v1/features'
const PROTOCOL = 1
const OLDEST_PROTOCOL = 1
/** What of Enlace's own passes between servers; partners ask before they use one that is newer than the protocol. */
const FEATURES = [
  'trust-versions',
  'institution-rosters',
  'escalations',
  'duty',
  'directory-suggestions',
  'media-links',
  'media-removal',
] as const

const EVERY_MS = 30 * 60_000
/** A partner that did not answer is asked again sooner: after an outage of the network all of them start at once. */
const AGAIN = { firstMs: 60_000, longestMs: EVERY_MS } as const
const LOOK_MS = 20_000
const AT_ONCE = 20

const statementSchema = z.looseObject({
  version: z.string().max(50),
  protocol: z.number().int().positive(),
  oldest_protocol: z.number().int().positive(),
  features: z.array(z.string().max(64)).max(200),
})
const softwareSchema = z.looseObject({
  server: z
    .looseObject({ name: z.string().max(60).optional(), version: z.string().max(60).optional() })
    .optional(),
})

const statement = () => ({
  version: ENLACE_VERSION,
  protocol: PROTOCOL,
  oldest_protocol: OLDEST_PROTOCOL,
  features: [...FEATURES],
})

export function judged(
  theirs: z.output<typeof statementSchema>,
  protocol = PROTOCOL,
  oldest = OLDEST_PROTOCOL,
): PartnerSoftware['state'] {
  if (theirs.protocol < oldest) return 'too_old'
  if (theirs.oldest_protocol > protocol) return 'too_new'
  if (theirs.protocol < protocol) return 'older'
  return theirs.protocol > protocol ? 'newer' : 'same'
}

/** In words for operators and coordinators; nothing to say of a partner that is in order. */
export function compatibilityWords({ server_name, state }: PartnerSoftware): BilingualText | undefined {
  switch (state) {
    case 'too_old':
      return {
        es: `${server_name} usa una versión de Enlace demasiado vieja: los llamados y listas pueden no llegarle. Pida a quien lo administra que actualice.`,
        en: `${server_name} runs a version of Enlace that is too old: calls and lists may not reach it. Ask its operator to upgrade.`,
      }
    case 'too_new':
      return {
        es: `${server_name} usa una versión de Enlace que ya no entiende a la de aquí. Pida a quien administra este servidor que actualice.`,
        en: `${server_name} runs a version of Enlace that no longer understands the one here. Ask this server’s operator to upgrade.`,
      }
    case 'other':
      return {
        es: `${server_name} no es un servidor Enlace: recibe mensajes, pero no turnos, llamados ni listas.`,
        en: `${server_name} is not an Enlace server: it gets messages, but no duty rosters, calls or lists.`,
      }
    default:
      return undefined
  }
}

function isUnknownThere(error: unknown): boolean {
  const { answer, partnerCode } = error instanceof FederationError ? error : {}
  return answer?.status === 404 || answer?.status === 405 || partnerCode === 'M_UNRECOGNIZED'
}

export function startCompatibility(
  ctx: Pick<Context, 'clock' | 'db' | 'federationClient' | 'federationList' | 'log' | 'serverName'>,
): Compatibility {
  const known = new Map<string, PartnerSoftware>()
  /** When each is asked next, by the monotonic clock, and how often in a row it did not answer. */
  const turns = new Map<string, { due: number; failures: number }>()

  async function ask(server_name: string): Promise<void> {
    const note = (found: Omit<PartnerSoftware, 'server_name' | 'asked_ts'>) => {
      const failures = found.state === 'no_answer' ? (turns.get(server_name)?.failures ?? 0) + 1 : 0
      const ms = failures > 0 ? backoffMs(AGAIN, failures) : EVERY_MS
      turns.set(server_name, { due: ctx.clock.monotonic() + ms, failures })
      known.set(server_name, { ...found, server_name, asked_ts: ctx.clock.now() })
    }
    const request = { entryPoint: 'version', method: 'GET', timeoutMs: 10_000 } as const
    try {
      const theirs = await ctx.federationClient.requestJson(
        server_name,
        { ...request, path: FEATURES_PATH },
        statementSchema,
      )
      note({ state: judged(theirs), version: theirs.version, features: theirs.features })
    } catch (error) {
      // A server that does not know what it was asked for is none of ours, or an old one; one that refuses may be either.
      if (!isUnknownThere(error)) return note({ ...known.get(server_name), state: 'no_answer' })
      try {
        const { server } = await ctx.federationClient.requestJson(
          server_name,
          { ...request, path: '/_matrix/federation/v1/version' },
          softwareSchema,
        )
        const enlace = server?.name === 'Enlace'
        note({ state: enlace ? 'too_old' : 'other', version: server?.version })
      } catch {
        note({ state: 'no_answer' })
      }
    }
  }

  /** Of the partners whose turn it is, those that wait for it longest. */
  async function look(): Promise<void> {
    const names = await partnersOf(ctx)
    for (const name of known.keys())
      if (!names.includes(name)) {
        known.delete(name)
        turns.delete(name)
      }
    const due = (name: string) => turns.get(name)?.due ?? 0
    const next = names
      .filter((name) => due(name) <= ctx.clock.monotonic())
      .sort((a, b) => due(a) - due(b))
      .slice(0, AT_ONCE)
    await Promise.all(next.map(ask))
  }
  let looking: Promise<void> | undefined
  const run = () => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }
  const timer = setInterval(() => {
    run().catch((error: unknown) => ctx.log.warn({ err: error }, 'partners were not asked for their version'))
  }, LOOK_MS).unref()

  return { statement, run, partners: () => [...known.values()], close: () => clearInterval(timer) }
}

/** Of the list; where federation is open, whoever something is or was sent to. */
export async function partnersOf(
  ctx: Pick<Context, 'db' | 'federationList' | 'serverName'>,
): Promise<string[]> {
  const listed = ctx.federationList.members()?.active
  if (listed) return listed.filter((name) => name !== ctx.serverName)
  const rows = await ctx.db.connection
    .collection<{ _id: string }>('destinations')
    .find({}, { projection: { _id: 1 }, limit: 200 })
    .toArray()
  return rows.map(({ _id }) => _id)
}

export const compatibilityRoutes: Route[] = [
  route({
    method: 'GET',
    path: FEATURES_PATH,
    auth: 'server',
    entryPoint: 'version',
    handler: ({ ctx }) => ctx.compatibility.statement(),
  }),
]
