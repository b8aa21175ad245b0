/** The audit log of a node: recorded, found, exported, checked, and held against what partners have countersigned. */
import type { Context } from '../context.ts'
import { growingCache } from '../lib/cache.ts'
import { currentRequest } from '../observe/request-scope.ts'
import { createAuditAlarms } from './alarms.ts'
import { checkChain } from './check.ts'
import { tagsWanted } from './entry.ts'
import { createExchange } from './exchange.ts'
import { exportLines, isWanted } from './export.ts'
import { createHeads } from './heads.ts'
import { openAuditModels } from './models.ts'
import { createRefusals } from './refusals.ts'
import { followRooms } from './room-acts.ts'
import { startSinks } from './sinks/sinks.ts'
import type { ActRecord, Audit, AuditQuery, AuditStatus, Entry } from './types.ts'
import { createWitnessing } from './witness.ts'
import { openChainWriter } from './writer.ts'

const TICK_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Opening a file, or making it, once more within this time is the same act. */
const SAME_READING_MS = 10 * 60_000
const MAX_PAGE = 200
/** Entries deleted in one go. */
const TRIM = 5_000

export async function createAudit(ctx: Context): Promise<Audit> {
  const models = await openAuditModels(ctx.db)
  const { Entry, Head, Partner } = models
  const grown: (() => void)[] = []
  const heads = createHeads(ctx, models, () => writer)
  const writer = await openChainWriter(Entry, ctx.clock, (head) => {
    heads.grown(head)
    for (const listener of grown) listener()
  })
  const alarms = createAuditAlarms(ctx, models, ({ kind, server, seq }) =>
    record({ act: 'trust.alarm', by: 'node', on: server, facts: { kind, seq } }),
  )
  const exchange = createExchange(ctx, models, heads, alarms)
  const witnessing = createWitnessing(ctx, models, alarms)
  const sinks = startSinks(ctx, models)
  grown.push(() => sinks.wake())
  let checked: AuditStatus['checked']

  /** Those of the people of this node who are concerned: their coordinators see it. */
  async function institutionsOf({ by, on, institution }: ActRecord): Promise<string[]> {
    const found = institution === undefined ? [] : [institution]
    for (const userId of new Set([by, on])) {
      if (!userId?.startsWith('@') || !ctx.accounts.isLocal(userId)) continue
      const place = await ctx.policy.placeOf(userId).catch(() => undefined)
      if (place?.institution !== undefined) found.push(place.institution)
    }
    return found
  }

  async function record(given: ActRecord): Promise<void> {
    const act = { ...given, by: given.by ?? currentRequest()?.actor ?? 'node' }
    try {
      // Whose it is must not keep it from being written.
      await writer.append(
        act,
        institutionsOf(act).catch(() => (act.institution === undefined ? [] : [act.institution])),
      )
    } catch (error) {
      ctx.log.error({ err: error, act: act.act }, 'an act could not be recorded')
      throw error
    }
  }

  const refusals = createRefusals(ctx.clock, record)

  const firstAt = async (ts: number): Promise<number | undefined> =>
    (
      await Entry.findOne({ ts: { $gte: ts } }, { _id: 1 })
        .sort({ ts: 1, _id: 1 })
        .lean()
    )?._id

  async function find(query: AuditQuery): Promise<{ entries: Entry[]; next?: number }> {
    const limit = Math.min(query.limit ?? 50, MAX_PAGE)
    // Time grows with the number: a period is a range of numbers, which the index has in order.
    const since = query.from_ts === undefined ? 0 : await firstAt(query.from_ts)
    const until = query.to_ts === undefined ? undefined : await firstAt(query.to_ts + 1)
    const below = Math.min(query.before ?? Number.MAX_SAFE_INTEGER, until ?? Number.MAX_SAFE_INTEGER)
    if (since === undefined) return { entries: [] }
    const docs = Entry.find({
      // The rarest of what it is found by; the rest is looked at one by one.
      ...(query.institution === undefined ? {} : { tags: tagsWanted(query.institution, query)[0]! }),
      _id: { $gte: since, $lt: below },
    })
      .sort({ _id: -1 })
      .lean()
      .cursor({ batchSize: limit + 1 })
    const entries: Entry[] = []
    for await (const doc of docs) {
      const entry = JSON.parse(doc.line) as Entry
      if (!isWanted(doc, entry, query)) continue
      if (entries.length === limit) return { entries, next: entries.at(-1)!.seq }
      entries.push(entry)
    }
    return { entries }
  }

  async function check() {
    const result = await checkChain(models)
    checked = { ts: ctx.clock.now(), entries: result.entries, ok: !result.fault }
    if (result.fault) await alarms.raise('broken', ctx.serverName, result.fault.seq)
    return result
  }

  /** How far the oldest may go: never beyond what a partner that takes part has countersigned, and always from a signed head on. */
  async function trim(): Promise<number> {
    const before = ctx.clock.now() - ctx.config.audit.keep_days * DAY_MS
    const youngest = await Entry.findOne({ ts: { $lt: before } }, { _id: 1 })
      .sort({ ts: -1, _id: -1 })
      .lean()
    if (!youngest) return 0
    const listed = new Set(await exchange.partners())
    const seen = (await Partner.find({ ours: { $exists: true } }).lean()).filter(({ _id }) => listed.has(_id))
    const upto = Math.min(youngest._id, ...seen.map(({ ours }) => ours!.seq))
    const cut = await Head.findOne({ _id: { $lte: upto } }, { _id: 1 })
      .sort({ _id: -1 })
      .lean()
    const first = await Entry.findOne({}, { _id: 1 }).sort({ _id: 1 }).lean()
    if (!cut || !first || cut._id < first._id) return 0
    // Said before it is done: after a crash in between there is more than was said, never less.
    await record({ act: 'audit.prune', by: 'node', facts: { upto: cut._id } })
    let deleted = 0
    for (let from = first._id; from <= cut._id; from += TRIM) {
      const range = { $gte: from, $lte: Math.min(from + TRIM - 1, cut._id) }
      deleted += (await Entry.deleteMany({ _id: range })).deletedCount
    }
    await Head.deleteMany({ _id: { $lt: cut._id } })
    return deleted
  }

  async function status(): Promise<AuditStatus> {
    const names = await exchange.partners()
    const docs = new Map((await Partner.find({ _id: { $in: names } }).lean()).map((doc) => [doc._id, doc]))
    const first = await Entry.findOne({}, { _id: 1 }).sort({ _id: 1 }).lean()
    return {
      ...writer.head(),
      first: first?._id ?? 1,
      partners: names.map((server) => {
        const doc = docs.get(server)
        return {
          server,
          seq: doc?.ours?.seq ?? 0,
          ts: doc?.ours?.ts ?? null,
          tried_ts: doc?.tried_ts ?? null,
          problem: doc?.problem ?? null,
        }
      }),
      ...(checked ? { checked } : {}),
    }
  }

  let following: ReturnType<typeof followRooms> | undefined

  /** What the network's list and the institutions' rosters say has changed. */
  function followList(): void {
    let version = ctx.federationList.members()?.version
    ctx.federationList.onChange(() => {
      const now = ctx.federationList.members()
      if (now === undefined || now.version === version) return
      version = now.version
      const facts = { version, active: now.active.length, suspended: now.suspended.length }
      record({ act: 'list.change', by: 'node', on: String(version), facts }).catch(() => undefined)
    })
    ctx.federation.onInstitutionChange((keys) => {
      for (const institution of keys) {
        const current = ctx.federation.roster(institution)
        const version = current.usable ? current.version : undefined
        const key = `${institution}|${String(version)}`
        if (version === undefined || known.has(key)) continue
        known.add(key)
        if (!ctx.config.institutions.includes(institution)) continue
        record({ act: 'roster.change', by: 'node', institution, facts: { version } }).catch(() => undefined)
      }
    })
  }
  /** Versions of rosters that were said: institutions are few, and each publishes some times a month. */
  const known = new Set<string>()

  const timers: NodeJS.Timeout[] = []
  function every(ms: number, what: string, work: () => Promise<unknown>): void {
    const timer = setInterval(() => {
      work().catch((error: unknown) => ctx.log.error({ err: error }, `audit log: ${what}`))
    }, ms)
    timer.unref()
    timers.push(timer)
  }

  const readings = growingCache<string, true>(10_000, { ttl: SAME_READING_MS, clock: ctx.clock })

  return {
    record,
    async caseRead(userId, caseId, room) {
      const key = `${userId}|${caseId}`
      if (readings.has(key)) return
      await record({ act: 'case.read', by: userId, case: caseId, room })
      readings.set(key, true)
    },
    async directoryExported(userId, what) {
      const key = `${userId}|${what.format}|${what.public}`
      if (readings.has(key)) return
      await record({ act: 'export.directory', by: userId, facts: what })
      readings.set(key, true)
    },
    async refusedSignIn({ user, ...refusal }) {
      try {
        // People type passwords where their name belongs: only names that an account has are written.
        const known = user !== undefined && (await ctx.accounts.exists(user))
        await refusals.refused(known ? { user, ...refusal } : refusal)
      } catch {
        // Said in the log by `record`; whoever guesses is told nothing of it.
      }
    },
    find,
    exportLines: (query) => exportLines(ctx, models, heads, query),
    check,
    trim,
    status,
    alarms: () => alarms.list(),
    witness: (origin, shown) => witnessing.receive(origin, shown),
    given: (server) => witnessing.given(server),
    exchange: (all = false) => exchange.run(all),
    restarted: () => exchange.restarted(),
    start() {
      every(TICK_MS, 'refusals', () => refusals.tick())
      every(5 * TICK_MS, 'exchange', () => exchange.run(false))
      every(HOUR_MS, 'signing', () => heads.now())
      every(DAY_MS, 'check', check)
      every(DAY_MS, 'trim', trim)
      sinks.wake()
      followList()
      following = followRooms(ctx, record)
      record({ act: 'node.start', by: 'node' }).catch(() => undefined)
    },
    async close() {
      for (const timer of timers) clearInterval(timer)
      await sinks.close()
      await (await following)?.close()
      await refusals.flush().catch(() => undefined)
      await writer.close()
    },
  }
}
