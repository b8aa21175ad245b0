/** Sign-in with institutions' own OpenID Connect providers: who goes there, who comes back, and whose account it is. */
import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { adapterFor } from '../adapter.ts'
import type { OauthKeys } from '../keys.ts'
import type { OauthModels } from '../models.ts'
import type { OauthClients } from '../types.ts'
import { readClaims } from './claims.ts'
import type { IdentityProvider } from './config.ts'
import { createLinks } from './links.ts'
import { createRelyingParty, ProviderAway, ProviderCanceled, type RelyingParty } from './relying-party.ts'
import type { BackFromProvider, IdentityProviders, ShownPerson } from './types.ts'

export const CALLBACK = '/oauth2/back'
/** So long people may take at the provider. */
const GOING_S = 15 * 60
/** From the provider's answer to the page that reads it, which follows at once. */
const BACK_S = 60
const PROMISE_S = 10 * 60

const shownSchema: z.ZodType<ShownPerson> = z.object({
  issuer: z.string(),
  sub: z.string(),
  name: z.string().optional(),
  person: z.union([
    z.object({ localpart: z.string() }),
    z.object({ fault: z.enum(['no_identifier', 'unverified', 'foreign_domain']) }),
  ]),
  roles: z.array(z.enum(['staff', 'coordinator', 'official'])).optional(),
  factor: z.boolean(),
}) as z.ZodType<ShownPerson>

const goingSchema = z.object({
  provider: z.string(),
  issuer: z.string(),
  browser: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  redirect: z.string(),
  language: z.string(),
  back: z.object({ flow: z.string(), action: z.string(), hidden: z.record(z.string(), z.string()) }),
})
const backSchema = z.object({
  browser: z.string(),
  back: z.union([
    z.object({ provider: z.string(), flow: z.string(), shown: shownSchema }),
    z.object({ provider: z.string(), flow: z.string(), problem: z.enum(['canceled', 'away', 'failed']) }),
  ]),
})
const promiseSchema = z.object({
  provider: z.string(),
  browser: z.string(),
  flow: z.string(),
  user: z.string(),
  shown: shownSchema,
})

const hashOf = (browser: string) => createHash('sha256').update(browser).digest('base64url')
const newToken = () => randomBytes(32).toString('base64url')

export function createIdentityProviders(
  ctx: Context,
  parts: { models: OauthModels; clients: OauthClients; keys: OauthKeys },
): IdentityProviders {
  const store = (kind: string) => adapterFor(kind, { ...parts, clock: ctx.clock })
  const goings = store('ProviderGoing')
  const backs = store('ProviderBack')
  const promises = store('ProviderPromise')
  const links = createLinks(ctx, parts.models)
  const parties = new Map<string, { of: IdentityProvider; party: RelyingParty }>()

  const find = (id: string) => ctx.config.identity_providers.find((one) => one.id === id)

  /** Made anew when the configuration says something else. */
  function partyOf(provider: IdentityProvider): RelyingParty {
    const known = parties.get(provider.id)
    if (known?.of === provider) return known.party
    const party = createRelyingParty(provider, ctx)
    parties.set(provider.id, { of: provider, party })
    return party
  }

  /** Kept under its name, and taken once. */
  async function take<T>(
    from: ReturnType<typeof store>,
    name: string,
    shape: z.ZodType<T>,
  ): Promise<T | undefined> {
    if (name.length > 200) return undefined
    const found = await from.find(name)
    if (!found || found.consumed) return undefined
    try {
      await from.consume(name)
    } catch {
      return undefined
    }
    return shape.parse(found)
  }

  async function answerOf(
    provider: IdentityProvider,
    address: URL,
    going: { state: string; nonce: string; verifier: string },
  ): Promise<{ shown: ShownPerson } | { problem: 'canceled' | 'away' | 'failed' }> {
    try {
      const claims = await partyOf(provider).finish(address, going)
      const shown = readClaims(provider, claims, ctx.serverName)
      return shown ? { shown } : { problem: 'failed' }
    } catch (error) {
      if (error instanceof ProviderCanceled) return { problem: 'canceled' }
      return { problem: error instanceof ProviderAway ? 'away' : 'failed' }
    }
  }

  return {
    ...links,
    find,

    offered: () =>
      ctx.config.identity_providers.map((one) => ({
        id: one.id,
        name: one.name,
        away: partyOf(one).isAway(),
      })),

    async begin(provider, { base, browser, language, back }) {
      const redirect = `${base}${CALLBACK}/${provider.id}`
      try {
        const { url, state, nonce, verifier } = await partyOf(provider).begin(redirect, language)
        const going: z.output<typeof goingSchema> = {
          provider: provider.id,
          issuer: provider.issuer,
          browser: hashOf(browser),
          nonce,
          verifier,
          redirect,
          language,
          back: { flow: back.flow, action: back.action, hidden: { ...back.hidden } },
        }
        await goings.upsert(state, going as never, GOING_S)
        return url
      } catch (error) {
        if (error instanceof ProviderAway) return undefined
        throw error
      }
    },

    async finish(id, { browser, answer, network }) {
      const state = answer.get('state')
      const provider = find(id)
      if (!state || browser === undefined || !provider) return undefined
      const going = await take(goings, state, goingSchema)
      // Another browser, another provider than the one somebody went to, or another one under its name since.
      if (going?.browser !== hashOf(browser) || going.provider !== id || going.issuer !== provider.issuer)
        return undefined
      const address = new URL(going.redirect)
      address.search = answer.toString()
      const outcome = await answerOf(provider, address, {
        state,
        nonce: going.nonce,
        verifier: going.verifier,
      })
      if ('problem' in outcome && outcome.problem === 'failed')
        void ctx.audit.refusedSignIn({ network, why: 'provider-failed' })
      const token = newToken()
      const back: BackFromProvider = { provider: id, flow: going.back.flow, ...outcome }
      await backs.upsert(token, { browser: going.browser, back } as never, BACK_S)
      const query = new URLSearchParams({ ...going.back.hidden, lang: going.language, shown: token })
      return `${going.back.action}?${query}`
    },

    async taken(token, browser, flow) {
      const found = browser === undefined ? undefined : await take(backs, token, backSchema)
      if (!found || browser === undefined || found.browser !== hashOf(browser) || found.back.flow !== flow)
        return undefined
      return found.back
    },

    async promise(provider, shown, userId, browser, flow) {
      const token = newToken()
      const promise: z.output<typeof promiseSchema> = {
        provider,
        browser: hashOf(browser),
        flow,
        user: userId,
        shown,
      }
      await promises.upsert(token, promise as never, PROMISE_S)
      return token
    },

    async keepPromise(token, browser, flow, userId) {
      if (browser === undefined || token.length > 200) return false
      const read = promiseSchema.safeParse(await promises.find(token))
      if (!read.success) return false
      const { provider, shown, ...promised } = read.data
      const isTheirs =
        promised.browser === hashOf(browser) && promised.flow === flow && promised.user === userId
      const configured = find(provider)
      if (!isTheirs || configured?.issuer !== shown.issuer) return false
      if (!(await take(promises, token, promiseSchema))) return false
      await links.link(configured, shown, userId)
      return true
    },
  }
}
