/**
 * Enforcement of the federation list: the one place that says which servers this node talks to, hears from, and for
 * what. The list comes from the registry, is verified against the pinned root, kept on disk, and obeyed until it expires.
 */

import { readFile } from 'node:fs/promises'
import type { BilingualText } from '@enlace/directory/text'
import { FederationListKeeper, parseRoot, type TrustRefusal } from '@enlace/trust'
import { ConfigError } from '../config.ts'
import type { Context } from '../context.ts'
import { notFound, policyRefusal } from '../errors.ts'
import { openTrustAlarms } from './trust/alarms.ts'
import { startComparison } from './trust/compare.ts'
import { listenForLists } from './trust/push.ts'
import { createTrustSource } from './trust/source.ts'
import type { FederationEntryPoint, FederationList, TrustAlarmKind } from './types.ts'

const REFRESH_MS = 20_000
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

/** The table of entry points: what each means in the sentence of a refusal. Every call names one. */
const ENTRY_POINTS: Record<FederationEntryPoint, BilingualText> = {
  'inbound-request': {
    es: 'no atiende solicitudes de ese servidor',
    en: 'takes no requests from that server',
  },
  'outbound-request': { es: 'no se comunica con ese servidor', en: 'does not talk to that server' },
  join: { es: 'no entra en salas de ese servidor', en: 'joins no rooms of that server' },
  invite: {
    es: 'no intercambia invitaciones con ese servidor',
    en: 'exchanges no invitations with that server',
  },
  knock: { es: 'no pide entrar en salas de ese servidor', en: 'knocks on no rooms of that server' },
  send: { es: 'no intercambia mensajes con ese servidor', en: 'exchanges no messages with that server' },
  backfill: { es: 'no intercambia historial con ese servidor', en: 'exchanges no history with that server' },
  state: {
    es: 'no intercambia el estado de salas con ese servidor',
    en: 'exchanges no room state with that server',
  },
  keys: { es: 'no intercambia claves con ese servidor', en: 'exchanges no keys with that server' },
  'to-device': {
    es: 'no intercambia mensajes de dispositivo con ese servidor',
    en: 'exchanges no device messages with that server',
  },
  media: { es: 'no intercambia archivos con ese servidor', en: 'exchanges no files with that server' },
  edu: { es: 'no intercambia avisos con ese servidor', en: 'exchanges no notices with that server' },
  member: {
    es: 'no da fe de personas de ese servidor',
    en: 'does not vouch for people of that server',
  },
  relayed: {
    es: 'no toma de otros lo que viene de ese servidor',
    en: 'takes nothing of that server from others',
  },
  suggestion: {
    es: 'no intercambia sugerencias del directorio con ese servidor',
    en: 'exchanges no suggestions about the directory with that server',
  },
}

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
  const own = new Set(ctx.config.institutions)
  const figures = trustFigures(ctx)
  if (list === 'open') {
    const none = () => notFound('This node works without a list of the network.')
    return {
      check: () => {},
      allows: () => true,
      cutOff: () => false,
      hosts: (server, key) => server !== ctx.serverName || own.size === 0 || own.has(key),
      // Nobody signs anything: the directory is believed.
      institution: (key) => ctx.directory.institution(key),
      institutionsAt: (server) =>
        server === ctx.serverName
          ? [...own]
          : ctx.directory.all().flatMap((one) => (one.server_name === server ? [one.key] : [])),
      caseSlot: () => undefined,
      ready: () => true,
      pinnedKeys: () => undefined,
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
  if (!root.ok) throw new ConfigError(`federation.list.root: ${root.detail}`)
  const keeper = new FederationListKeeper(root.root)
  const source = createTrustSource(ctx, list.url)
  const alarms = await openTrustAlarms(ctx)
  const registry = new URL(list.url).host
  const listeners = new Set<() => void>()
  await source.restore(keeper)
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

  async function update(): Promise<void> {
    try {
      const verdict = await source.update(keeper)
      if (verdict.ok) {
        if (!verdict.changed) return
        ctx.log.info({ version: keeper.version, root: keeper.root.version }, 'federation list taken')
        for (const listener of listeners) listener()
        return
      }
      const { reason, detail } = verdict
      ctx.log.error({ reason, detail }, 'federation list refused; the last verified copy is obeyed')
      const kind = ALARMING[reason]
      if (kind) await alarms.raise({ kind, from: registry, proven: true, detail })
    } catch (error) {
      ctx.log.warn(
        { err: error },
        'federation list not refreshed; the last verified copy is obeyed until it expires',
      )
    } finally {
      warnOfExpiry()
    }
  }
  // One after another: what the keeper is given must be of one moment.
  let turn = Promise.resolve()
  const refresh = (): Promise<void> => {
    turn = turn.then(update)
    return turn
  }
  await refresh()
  const timer = setInterval(() => void refresh(), REFRESH_MS)
  timer.unref()
  const stopListening = listenForLists(list.url, refresh)
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
      if (serverName === ctx.serverName) return [...own]
      const current = keeper.current(Date.now())
      if (!current.usable || current.list.statusOf(serverName) !== 'active') return []
      return current.list.institutionsOf(serverName)
    },
    hosts(serverName, key) {
      if (serverName === ctx.serverName) return own.has(key)
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
    ready: () => keeper.current(Date.now()).usable,
    pinnedKeys(serverName) {
      const current = keeper.current(Date.now())
      return current.usable ? current.list.verifyKeysOf(serverName) : undefined
    },
    told: () => ({ versions: keeper.versions, targets: keeper.targetsText }),
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
        partners: comparison.partners(),
      }
    },
    compare: comparison.run,
    onChange: (listener) => void listeners.add(listener),
    refresh,
    close() {
      clearInterval(timer)
      stopListening()
      comparison.close()
    },
  }
}

async function readRoot(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch {
    throw new ConfigError(
      `federation.list.root: cannot read ${file}. Get root.json from the registry’s operator.`,
    )
  }
}
