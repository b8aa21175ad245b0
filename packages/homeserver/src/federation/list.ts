/**
 * Enforcement of the federation list: the one place that says which servers this node talks to, hears from, and for
 * what. The list comes from the registry, is verified against the pinned root, kept on disk, and obeyed until it expires.
 */

import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BilingualText } from '@enlace/directory/text'
import { FederationListKeeper, maxListBytes, parseRoot } from '@enlace/trust'
import { request } from 'undici'
import { ConfigError } from '../config.ts'
import type { Context } from '../context.ts'
import { policyRefusal } from '../errors.ts'
import { readCapped } from './discovery.ts'
import type { FederationEntryPoint, FederationList } from './types.ts'

const REFRESH_MS = 20_000
/** Operators are told so long before a list that is not renewed runs out, and again each hour. */
const WARN_HOURS = 8
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
}

export async function openFederationList(ctx: Context): Promise<FederationList> {
  const { list } = ctx.config.federation
  const own = new Set(ctx.config.institutions)
  if (list === 'open') {
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
      onChange: () => {},
      refresh: async () => {},
      close: () => {},
    }
  }
  const root = parseRoot(await readRoot(list.root), { now: Date.now() })
  if (!root.ok) throw new ConfigError(`federation.list.root: ${root.detail}`)
  const keeper = new FederationListKeeper(root.root)
  const listeners = new Set<() => void>()
  const file = join(ctx.config.data_dir, 'federation-list.json')
  await restore(ctx, keeper, file)
  let etag: string | undefined
  let warned = 0

  /** The registry signs anew at half of a list's time: one that is nearly over means that nothing new comes. */
  function warnOfExpiry(): void {
    const current = keeper.current(Date.now())
    if (!current.usable) return
    const hours = (current.list.expiresAt - Date.now()) / 3_600_000
    if (hours > WARN_HOURS || Date.now() - warned < WARN_EVERY_MS) return
    warned = Date.now()
    ctx.log.error(
      { expires: new Date(current.list.expiresAt).toISOString() },
      'the federation list expires soon and no newer one comes: after that this node talks to nobody. Ask the registry’s operator.',
    )
  }

  async function refresh(): Promise<void> {
    if (list === 'open') return
    try {
      const answer = await request(list.url, {
        headers: etag === undefined ? {} : { 'if-none-match': etag },
        signal: AbortSignal.timeout(15_000),
      })
      if (answer.statusCode !== 200) await answer.body.dump()
      if (answer.statusCode === 304) return
      if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`)
      const bytes = await readCapped(answer.body, maxListBytes)
      const verdict = keeper.offer(bytes, Date.now())
      if (!verdict.ok) {
        ctx.log.error(
          { reason: verdict.reason, detail: verdict.detail },
          'federation list refused; the last verified copy is obeyed',
        )
        return
      }
      const tag = answer.headers['etag']
      etag = typeof tag === 'string' ? tag : undefined
      if (!verdict.changed) return
      await writeFile(`${file}.new`, bytes, { mode: 0o600 })
      await rename(`${file}.new`, file)
      ctx.log.info({ version: keeper.version }, 'federation list taken')
      for (const listener of listeners) listener()
    } catch (error) {
      ctx.log.warn(
        { err: error },
        'federation list not refreshed; the last verified copy is obeyed until it expires',
      )
    } finally {
      warnOfExpiry()
    }
  }
  await refresh()
  const timer = setInterval(() => void refresh(), REFRESH_MS)
  timer.unref()

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
    onChange: (listener) => void listeners.add(listener),
    refresh,
    close: () => clearInterval(timer),
  }
}

/** Takes back the copy of an earlier run, so that the network's list outlives a registry that is down. */
async function restore(ctx: Context, keeper: FederationListKeeper, file: string): Promise<void> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      ctx.log.warn({ err: error }, 'the kept federation list cannot be read')
    return
  }
  const verdict = keeper.restore(bytes, Date.now())
  if (!verdict.ok)
    ctx.log.warn({ reason: verdict.reason, detail: verdict.detail }, 'the kept federation list is not good')
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
