/**
 * Who people are where there is no list (`federation.list: open`): accounts here, and what a partner says of its people. It is asked for
 * their profile; the answer is a claim, and counts as far as the institution is placed on that server. A partner that is slow, silent or
 * asked about very many costs a bounded time and number of requests in a minute; what it said before counts meanwhile.
 */
import { believedMember, profileFields, readMemberProfile } from '@enlace/coordination'
import { serverNameOf } from '@enlace/room-model'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { FederationError } from '../federation/errors.ts'
import { growingCache } from '../lib/cache.ts'
import { createOnce } from '../lib/once.ts'
import { roleWithin } from './rostered-persons.ts'
import type { PersonModel, Persons, Standing } from './types.ts'

const TIMEOUT_MS = 5_000
/** A server that did not answer is not asked again for so long. */
const SILENT_MS = 15_000
/** What one server may cost within a minute: requests to it, and time waited for it. */
const EFFORT = { requests: 120, ms: 20_000 }
const EFFORT_WINDOW_MS = 60_000
const AT_ONCE = 5

/** `said` undefined: the server said that there is no such account. `at` 0: it was never asked. */
type Answer = { said: { institution?: string; role?: string } | undefined; at: number }
const profileSchema = z.record(z.string(), z.unknown())

export function createClaimedPersons(ctx: Context, model: PersonModel): Persons {
  const answers = growingCache<string, Answer>(20_000)
  const asking = createOnce<string, void>()
  const perf = { now: () => ctx.clock.monotonic() }
  const silent = new LRUCache<string, true>({ max: 2_000, ttl: SILENT_MS, perf })
  const efforts = new LRUCache<string, { requests: number; ms: number }>({
    max: 2_000,
    ttl: EFFORT_WINDOW_MS,
    noUpdateTTL: true,
    perf,
  })

  async function recall(userId: string): Promise<Answer> {
    const known = answers.get(userId)
    if (known) return known
    const doc = await model.findById(userId).lean()
    const answer: Answer = doc
      ? { said: { institution: doc.institution, role: doc.role }, at: doc.at.getTime() }
      : { said: undefined, at: 0 }
    answers.set(userId, answer)
    return answer
  }

  async function askOne(server: string, userId: string): Promise<void> {
    const left = efforts.get(server) ?? { ...EFFORT }
    efforts.set(server, left)
    if (silent.has(server) || left.requests <= 0 || left.ms <= 0) return
    left.requests -= 1
    const start = performance.now()
    try {
      const request = {
        entryPoint: 'profile',
        method: 'GET',
        path: '/_matrix/federation/v1/query/profile',
        query: { user_id: userId },
        timeoutMs: Math.min(TIMEOUT_MS, left.ms),
      } as const
      const profile = await ctx.federation.request(server, request, profileSchema)
      const said = readMemberProfile(profile)
      const at = new Date()
      answers.set(userId, { said, at: at.getTime() })
      if (said.institution !== undefined)
        await model.replaceOne({ _id: userId }, { _id: userId, ...said, at }, { upsert: true })
    } catch (error) {
      if (error instanceof FederationError) {
        const { answer, partnerCode } = error
        if (answer?.status === 404 && partnerCode === 'M_NOT_FOUND') {
          answers.set(userId, { said: undefined, at: Date.now() })
          await model.deleteOne({ _id: userId })
          return
        }
        if (answer === undefined || answer.status >= 500) silent.set(server, true)
      }
      ctx.log.debug({ err: error, user: userId }, 'a partner did not say who somebody is')
    } finally {
      left.ms -= performance.now() - start
    }
  }

  function believed(server: string, said: { institution?: string; role?: string }): Standing {
    const profile = { [profileFields.institution]: said.institution, [profileFields.role]: said.role }
    const { institution } = readMemberProfile(profile)
    const sources = {
      hosts: (key: string) => ctx.federation.hosts(server, key),
      // Kind and country decide who is admitted: they are what the list signs, not what a directory answers.
      institution: (key: string) => ctx.federation.institution(key),
    }
    // What the list places without saying what it is, is not known yet.
    const early = institution !== undefined && sources.hosts(institution) && !sources.institution(institution)
    return early ? { known: false } : { known: true, exists: true, member: believedMember(profile, sources) }
  }

  return {
    onChange: () => () => {},
    async standing(userId) {
      const server = serverNameOf(userId)
      if (server === undefined) return { known: true, exists: false, member: {} }
      if (ctx.accounts.isLocal(userId)) {
        const account = await ctx.accounts.get(userId)
        if (!account || account.deactivated) return { known: true, exists: false, member: {} }
        return believed(server, {
          ...account,
          role: account.role && roleWithin(account.role, account.providerRoles),
        })
      }
      const { said, at } = await recall(userId)
      if (at === 0 || !ctx.federation.ready()) return { known: false }
      if (!said) return { known: true, exists: false, member: {} }
      return believed(server, said)
    },

    async ask(userIds, maxAgeMs) {
      const byServer = new Map<string, string[]>()
      for (const userId of userIds) {
        const server = serverNameOf(userId)
        if (server === undefined || ctx.accounts.isLocal(userId)) continue
        if (Date.now() - (await recall(userId)).at < maxAgeMs) continue
        byServer.set(server, [...(byServer.get(server) ?? []), userId])
      }
      await Promise.all(
        [...byServer].map(async ([server, users]) => {
          for (let at = 0; at < users.length; at += AT_ONCE)
            await Promise.all(
              users.slice(at, at + AT_ONCE).map((user) => asking.run(user, () => askOne(server, user))),
            )
        }),
      )
    },
  }
}
