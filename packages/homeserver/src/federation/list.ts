/**
 * Enforcement of the federation list: the one place that says which servers this node talks to, hears from, and for
 * what. The list comes from the registry, is verified against the pinned root, kept on disk, and obeyed until it expires.
 */

import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { FederationListKeeper, parseRoot, type TrustRefusal } from '@enlace/trust'
import { ConfigError } from '../config.ts'
import type { Context } from '../context.ts'
import { notFound, policyRefusal } from '../errors.ts'
import { ENTRY_POINTS } from './entry-points.ts'
import { openTrustAlarms } from './trust/alarms.ts'
import { startComparison } from './trust/compare.ts'
import { noInstitutions, openInstitutions } from './trust/institutions.ts'
import { listenForLists } from './trust/push.ts'
import { rootFaults } from './trust/root-words.ts'
import { createTrustSource, type TrustHost } from './trust/source.ts'
import type { FederationList, TrustAlarmKind } from './types.ts'

const REFRESH_MS = 20_000
/** What institutions signed is waited for so long at the start; it goes on after that. */
const FIRST_FILES_MS = 5_000
/** A registry that is older than its mirrors for so long is no longer catching up. */
const BEHIND_MS = 5 * 60_000
/** Operators are told so long before a list that is not renewed runs out, and again each hour. */
const WARN_HOURS = 8
/** And so long before coordinators’ own signatures end, which takes people to mend. */
const WARN_ROOT_DAYS = 30
/** Refusals that a broken line does not explain. */
const ALARMING: Partial<Record<TrustRefusal, TrustAlarmKind>> = {
  fork: 'fork',
  rollback: 'rollback',
  'bad-signature': 'unsigned',
  'missing-country': 'unsigned',
}
const WARN_EVERY_MS = 3_600_000

/** What operators watch; where federation is open nothing happens to it. */
function trustFigures(ctx: Pick<Context, 'metrics'>) {
  const figures = { recent: (_kind: TrustAlarmKind) => 0, expiresAt: () => 0 }
  const kinds = ['fork', 'rollback', 'unsigned', 'behind'] as const
  ctx.metrics.gaugeOfEach(
    'enlace_trust_alarms',
    'Alarms of the last day about the federation list, by kind.',
    'kind',
    () => kinds.map((label) => ({ label, value: figures.recent(label) })),
  )
  ctx.metrics.gauge('enlace_federation_list_expires_seconds', 'When the list expires, in Unix time.', () =>
    Math.floor(figures.expiresAt() / 1000),
  )
  return figures
}

export async function openFederationList(ctx: Context): Promise<FederationList> {
  const { list } = ctx.config.federation
  const own = () => ctx.config.institutions
  const figures = trustFigures(ctx)
  if (list === 'open') {
    const none = () => notFound('This node works without a list of the network.')
    return {
      check: () => {},
      allows: () => true,
      cutOff: () => false,
      hosts(server, key) {
        if (server === ctx.serverName) return own().length === 0 || own().includes(key)
        // Nobody signs who is where; what is here, or placed on another server, a partner does not speak for all the same.
        const placed = ctx.directory.institution(key)?.server_name ?? server
        return !own().includes(key) && placed === server
      },
      // Nobody signs anything: the directory is believed.
      institution: (key) => ctx.directory.institution(key),
      institutionsAt: (server) =>
        server === ctx.serverName
          ? own()
          : ctx.directory.all().flatMap((one) => (one.server_name === server ? [one.key] : [])),
      caseSlot: () => undefined,
      byRosters: false,
      members: () => undefined,
      ready: () => true,
      pinnedKeys: () => undefined,
      institutions: noInstitutions,
      told: () => {
        throw none()
      },
      report: () => {
        throw none()
      },
      compare: async () => {},
      onChange: () => {},
      refresh: async () => {},
      close: () => {},
    }
  }
  const root = parseRoot(await readRoot(list.root))
  if (!root.ok)
    throw new ConfigError(
      `federation.list.root: ${rootFaults[root.reason]}. Pida root.json otra vez a la coordinación, en persona. / ${root.detail} Ask the coordinators for root.json again, in person.`,
    )
  const keeper = new FederationListKeeper(root.root)
  const source = createTrustSource(ctx, list)
  const alarms = await openTrustAlarms(ctx)
  const listeners = new Set<() => void>()
  await source.restore(keeper)
  const institutions = await openInstitutions(ctx, keeper, {
    source,
    alarms,
    network: list.network_token !== undefined,
  })
  let warned = 0

  function expiresSoon(now: number): boolean {
    const current = keeper.current(now)
    const hours = current.usable ? (current.list.expiresAt - now) / 3_600_000 : Number.POSITIVE_INFINITY
    return hours <= WARN_HOURS || keeper.root.expiresAt - now <= WARN_ROOT_DAYS * 24 * 3_600_000
  }

  /** The registry signs anew at half of its files' time: one that is nearly over means that nothing new comes. */
  function warnOfExpiry(): void {
    const now = Date.now()
    const current = keeper.current(now)
    if (!current.usable || !expiresSoon(now) || now - warned < WARN_EVERY_MS) return
    warned = now
    ctx.log.error(
      {
        expires: new Date(current.list.expiresAt).toISOString(),
        root_expires: new Date(keeper.root.expiresAt).toISOString(),
      },
      'the federation list or its root expires soon and no newer one comes: after that this node talks to nobody. Ask the registry’s operator and the coordinators.',
    )
  }

  /** The registry whose word was taken last: what it names it has. */
  let taken: TrustHost | undefined
  /** Since when a registry gives out something older than its mirrors do. */
  const behindSince = new Map<TrustHost, number>()

  async function look(host: TrustHost): Promise<'taken' | 'same' | 'refused' | 'away'> {
    try {
      const verdict = await source.update(keeper, host)
      if (verdict.ok) {
        behindSince.delete(host)
        taken = host
        institutions.follow()
        if (!verdict.changed) return 'same'
        ctx.log.info(
          { version: keeper.version, root: keeper.root.version, from: host.name },
          'federation list taken',
        )
        for (const listener of listeners) listener()
        return 'taken'
      }
      const { reason, detail } = verdict
      if (reason === 'rollback' && source.hosts.length > 1) {
        const since = behindSince.get(host) ?? Date.now()
        behindSince.set(host, since)
        // One of two that copy from each other is always a moment behind.
        if (Date.now() - since < BEHIND_MS) return 'refused'
      }
      ctx.log.error(
        { reason, detail, from: host.name },
        'federation list refused; the last verified copy is obeyed',
      )
      const kind = ALARMING[reason]
      if (kind) await alarms.raise({ kind, from: host.name, proven: true, detail })
      return 'refused'
    } catch (error) {
      ctx.log.warn(
        { err: error, from: host.name },
        'federation list not refreshed; the last verified copy is obeyed until it expires',
      )
      return 'away'
    }
  }

  async function update(): Promise<void> {
    // Each is asked: whichever has the newest word is obeyed, and one that is away or kept back holds nobody up.
    for (const host of source.hosts) await look(host)
    warnOfExpiry()
  }
  // One after another: what the keeper is given must be of one moment. Files of institutions come after the list, which
  // does not wait for them.
  let turn = Promise.resolve()
  let files = Promise.resolve()
  const refresh = (): Promise<void> => {
    const listTaken = turn.then(update)
    turn = listTaken
    files = Promise.all([files, listTaken])
      .then(() => institutions.take(taken))
      .catch((error: unknown) => ctx.log.error({ err: error }, 'what institutions signed was not kept'))
    return files
  }
  const first = refresh()
  await turn
  await Promise.race([first, delay(FIRST_FILES_MS, undefined, { ref: false })])
  const timer = setInterval(() => void refresh(), REFRESH_MS)
  timer.unref()
  const listening = [list.url, ...(list.mirrors ?? [])].map((url) => listenForLists(url, refresh))
  const comparison = startComparison(ctx, keeper, alarms, refresh)
  figures.recent = alarms.recent
  figures.expiresAt = () => {
    const current = keeper.current(Date.now())
    return current.usable ? current.list.expiresAt : 0
  }

  const statusOf = (serverName: string): 'active' | 'suspended' | 'unlisted' | 'no-list' => {
    const current = keeper.current(Date.now())
    if (!current.usable) return 'no-list'
    return current.list.statusOf(serverName)
  }
  return {
    check(serverName, entryPoint) {
      if (serverName === ctx.serverName) return
      const status = statusOf(serverName)
      if (status === 'active') return
      const contact = new URL(list.url).host
      const what = ENTRY_POINTS[entryPoint]
      const why = {
        unlisted: { es: 'no está en la lista de la red', en: 'is not on the network’s list' },
        suspended: { es: 'está suspendido en la red', en: 'is suspended from the network' },
        'no-list': {
          es: 'no puede comprobarse: la lista de la red no está disponible',
          en: 'cannot be checked: the network’s list is not available',
        },
      }[status]
      throw policyRefusal(`federation-list.${status}`, contact, {
        es: `El servidor ${serverName} ${why.es}, y este nodo ${what.es}. Consulte a quien administra el directorio (${contact}).`,
        en: `The server ${serverName} ${why.en}, and this node ${what.en}. Ask the registry’s operator (${contact}).`,
      })
    },
    allows: (serverName) => serverName === ctx.serverName || statusOf(serverName) === 'active',
    cutOff: (serverName) =>
      serverName !== ctx.serverName && ['unlisted', 'suspended'].includes(statusOf(serverName)),
    institution(key) {
      const current = keeper.current(Date.now())
      const signed = current.usable ? current.list.institution(key) : undefined
      return signed && { key, ...signed }
    },
    institutionsAt(serverName) {
      if (serverName === ctx.serverName) return [...own()]
      const current = keeper.current(Date.now())
      if (!current.usable || current.list.statusOf(serverName) !== 'active') return []
      return current.list.institutionsOf(serverName)
    },
    hosts(serverName, key) {
      if (serverName === ctx.serverName) return own().includes(key)
      const current = keeper.current(Date.now())
      return (
        current.usable &&
        current.list.statusOf(serverName) === 'active' &&
        current.list.institutionsOf(serverName).includes(key)
      )
    },
    caseSlot() {
      const current = keeper.current(Date.now())
      return current.usable ? current.list.caseSlotOf(ctx.serverName) : undefined
    },
    byRosters: true,
    members() {
      const current = keeper.current(Date.now())
      if (!current.usable) return undefined
      const { version, servers } = current.list
      const named = (status: string) =>
        servers.filter((one) => one.status === status).map((one) => one.server_name)
      return { version, active: named('active'), suspended: named('suspended') }
    },
    ready: () => keeper.current(Date.now()).usable,
    pinnedKeys(serverName) {
      const current = keeper.current(Date.now())
      return current.usable ? current.list.verifyKeysOf(serverName) : undefined
    },
    institutions: {
      ...institutions.face,
      async publishInstitution(key, publication) {
        const answer = await institutions.face.publishInstitution(key, publication)
        // Whoever signed sees it in force with the answer.
        await refresh()
        return answer
      },
    },
    told: (known) => ({
      versions: keeper.versions,
      ...(known !== undefined && known === keeper.versions.targets?.digest
        ? {}
        : { targets: keeper.targetsText }),
    }),
    report() {
      const now = Date.now()
      const current = keeper.current(now)
      const { roles, 'x-enlace': enlace } = keeper.root.content
      const countryOf = (keyid: string) =>
        Object.entries(enlace?.countries ?? {}).find(([, keyids]) => keyids.includes(keyid))?.[0] ?? null
      return {
        usable: current.usable,
        list_version: keeper.version ?? null,
        root_version: keeper.root.version,
        expires_ts: current.usable ? current.list.expiresAt : null,
        expires_soon: expiresSoon(now),
        root_expires_ts: keeper.root.expiresAt,
        coordinators: roles.targets.keyids.map((keyid) => ({
          keyid,
          name: enlace?.names[keyid] ?? null,
          country: countryOf(keyid),
        })),
        signatures_needed: roles.targets.threshold,
        alarms: alarms.list(),
        institution_problems: institutions.face.institutionProblems(),
        partners: comparison.partners(),
      }
    },
    compare: comparison.run,
    onChange: (listener) => void listeners.add(listener),
    refresh,
    close() {
      clearInterval(timer)
      for (const stop of listening) stop()
      comparison.close()
    },
  }
}

async function readRoot(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch {
    throw new ConfigError(
      `federation.list.root: no se puede leer ${file}. Pida root.json a quien administra el directorio. / cannot read ${file}. Get root.json from the registry’s operator.`,
    )
  }
}
