/**
 * How the node stands, for whoever answers for it: operators, and coordinators on their status page. No secrets, no people, no
 * content. `notes` say in words what needs somebody, before it is too late.
 */
import { statfs } from 'node:fs/promises'
import type { BilingualText } from '@enlace/directory/text'
import type { Config } from '../config.ts'
import type { Context } from '../context.ts'
import { DEMO_WORDS, isDemo } from '../demo.ts'
import { compatibilityWords, partnersOf } from '../federation/compatibility.ts'
import type { PartnerSoftware } from '../federation/types.ts'
import { ENLACE_VERSION } from '../lib/version.ts'
import { type CertificateEnd, ownCertificates, shownCertificate } from './certificates.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Shorter outages mend themselves, and nobody is called for them. */
const AWAY_MS = 15 * 60_000
const CERTIFICATE_SOON_MS = 14 * DAY_MS
const LIST_SOON_MS = 8 * HOUR_MS
const ROSTER_SOON_MS = 14 * DAY_MS
const DISK_LOW = { share: 0.1, bytes: 2 * 1024 ** 3 }
const BACKUP_OLD_MS = 2 * DAY_MS
const VERIFIED_OLD_MS = 8 * DAY_MS
const CERTIFICATE_AGAIN_MS = 10 * 60_000

export type PartnerRow = {
  server_name: string
  names: string[]
  reachable: boolean
  last_success_ts: number | null
  unreachable_since_ts: number | null
  /** Age of the oldest message it has not taken. */
  waiting_ms: number
  software: PartnerSoftware['state'] | 'unknown'
  version: string | null
}
export type Note = { key: string; urgency: 'now' | 'soon'; words: BilingualText }
export type Standing = {
  now_ts: number
  server_name: string
  version: string
  list:
    | { mode: 'open' }
    | {
        mode: 'list'
        usable: boolean
        version: number | null
        expires_ts: number | null
        root_expires_ts: number
        alarms: number
      }
  rosters: { institution: string; expires_ts: number | null; problem: string | null }[]
  partners: PartnerRow[]
  certificates: CertificateEnd[]
  disk: { free_bytes: number; total_bytes: number }
  database: boolean
  backup: { configured: boolean; last_made_ts: number | null; last_verified_ts: number | null } | null
  notes: Note[]
}

export async function partnersStanding(ctx: Context): Promise<PartnerRow[]> {
  const [names, waiting] = await Promise.all([partnersOf(ctx), ctx.federation.waiting()])
  const software = new Map(ctx.compatibility.partners().map((one) => [one.server_name, one]))
  const rows: PartnerRow[] = []
  for (const server_name of names.sort()) {
    const { lastSuccessTs, unreachableSinceTs } = await ctx.federation.standing(server_name)
    rows.push({
      server_name,
      names: ctx.federation
        .institutionsAt(server_name)
        .map((key) => ctx.directory.institution(key)?.name ?? key),
      reachable: unreachableSinceTs === undefined,
      last_success_ts: lastSuccessTs ?? null,
      unreachable_since_ts: unreachableSinceTs ?? null,
      waiting_ms: waiting.find((one) => one.serverName === server_name)?.ms ?? 0,
      software: software.get(server_name)?.state ?? 'unknown',
      version: software.get(server_name)?.version ?? null,
    })
  }
  return rows
}

export async function standingOf(ctx: Context, institutions = ctx.config.institutions): Promise<Standing> {
  const now = ctx.clock.now()
  const folder = await statfs(ctx.config.data_dir)
  const standing: Standing = {
    now_ts: now,
    server_name: ctx.serverName,
    version: ENLACE_VERSION,
    list: listStanding(ctx),
    rosters: ctx.federationList.byRosters ? institutions.map((key) => rosterStanding(ctx, key)) : [],
    partners: await partnersStanding(ctx),
    certificates: [...(await ownCertificates(ctx.config)), ...(await publicCertificate(ctx))],
    disk: { free_bytes: folder.bavail * folder.bsize, total_bytes: folder.blocks * folder.bsize },
    database: await ctx.db.ping(),
    backup: backupStanding(ctx),
    notes: [],
  }
  standing.notes = [...demoNotes(ctx.config), ...notesOn(standing, ctx)]
  return standing
}

function listStanding(ctx: Context): Standing['list'] {
  if (ctx.config.federation.list === 'open') return { mode: 'open' }
  const { usable, list_version, expires_ts, root_expires_ts, alarms } = ctx.federationList.report()
  return { mode: 'list', usable, version: list_version, expires_ts, root_expires_ts, alarms: alarms.length }
}

function rosterStanding(ctx: Context, institution: string): Standing['rosters'][number] {
  const current = ctx.federation.roster(institution)
  if (current.usable) return { institution, expires_ts: current.expiresAt, problem: null }
  return { institution, expires_ts: null, problem: current.reason }
}

/** Backups are a part of their own; a node need not have it. */
function backupStanding(ctx: Context): Standing['backup'] {
  const { configured, lastMade, lastVerified } = ctx.backup.status()
  return { configured, last_made_ts: lastMade?.ts ?? null, last_verified_ts: lastVerified?.ts ?? null }
}
const shown = new WeakMap<Context, { at: number; found: CertificateEnd[] }>()

/** The proxy's, when TLS ends there. Asked for now and then: a page that is opened often is no load for it. */
async function publicCertificate(ctx: Context): Promise<CertificateEnd[]> {
  const address = ctx.config.public_base_url
  if (address === undefined || !address.startsWith('https:')) return []
  const known = shown.get(ctx)
  if (known && ctx.clock.now() - known.at < CERTIFICATE_AGAIN_MS) return known.found
  const { hostname, port } = new URL(address)
  const found = await shownCertificate(hostname, Number(port || 443), { servername: hostname }).then(
    ({ ends_ts }) => [{ of: hostname, ends_ts }],
    () => [],
  )
  shown.set(ctx, { at: ctx.clock.now(), found })
  return found
}

/** That this is no node for anybody's data. */
export const demoNotes = (config: Pick<Config, 'demo' | 'server_name' | 'sign_in'>): Note[] =>
  isDemo(config) ? [{ key: 'demo', urgency: 'now', words: DEMO_WORDS }] : []

const day = (ts: number) => new Date(ts).toISOString().slice(0, 10)

function notesOn(standing: Standing, ctx: Context): Note[] {
  const notes: Note[] = []
  const say = (key: string, urgency: Note['urgency'], es: string, en: string) =>
    void notes.push({ key, urgency, words: { es, en } })
  const { list, now_ts: now, disk, backup } = standing
  if (!standing.database)
    say(
      'database',
      'now',
      'La base de datos no contesta. Quien administra el servidor debe mirarlo ya.',
      'The database does not answer. The server’s operator must look at once.',
    )
  if (list.mode === 'list') {
    if (!list.usable)
      say(
        'list',
        'now',
        'No hay lista de la red que valga: este servidor no habla con los demás. Avise a quien administra el directorio.',
        'There is no usable list of the network: this server talks to nobody. Tell whoever runs the registry.',
      )
    else if (list.expires_ts !== null && list.expires_ts - now < LIST_SOON_MS)
      say(
        'list',
        'soon',
        'La lista de la red está por vencer y no llega otra. Avise a quien administra el directorio.',
        'The network’s list is about to run out and no newer one comes. Tell whoever runs the registry.',
      )
    if (list.alarms > 0)
      say(
        'alarms',
        'now',
        'Hay una alarma sobre la lista de la red. Véala en “Red” y llame a la coordinación por teléfono.',
        'There is an alarm about the network’s list. See it under “Network” and telephone the coordinators.',
      )
  }
  for (const { institution, expires_ts, problem } of standing.rosters) {
    const name = ctx.directory.institution(institution)?.name ?? institution
    if (problem !== null)
      say(
        `roster ${institution}`,
        'now',
        `La lista de personas de ${name} no vale: mientras tanto nadie habla por la institución. Fírmela y publíquela en “Clave”.`,
        `The roster of ${name} does not count: until it does, nobody speaks for the institution. Sign and publish it under “Key”.`,
      )
    else if (expires_ts !== null && expires_ts - now < ROSTER_SOON_MS)
      say(
        `roster ${institution}`,
        'soon',
        `La lista de personas de ${name} vence el ${day(expires_ts)}. Fírmela de nuevo en “Clave”.`,
        `The roster of ${name} runs out on ${day(expires_ts)}. Sign it again under “Key”.`,
      )
  }
  for (const { of, ends_ts } of standing.certificates)
    if (ends_ts <= now)
      say(
        `certificate ${of}`,
        'now',
        `El certificado ${of} está vencido: los demás no confían en este servidor. Quien lo administra debe renovarlo ya.`,
        `The certificate ${of} has ended: nobody trusts this server. Its operator must renew it at once.`,
      )
    else if (ends_ts - now < CERTIFICATE_SOON_MS)
      say(
        `certificate ${of}`,
        'soon',
        `El certificado ${of} vence el ${day(ends_ts)}. Debería renovarse solo: pregunte a quien administra el servidor.`,
        `The certificate ${of} ends on ${day(ends_ts)}. It should renew by itself: ask the server’s operator.`,
      )
  if (disk.free_bytes < DISK_LOW.bytes || disk.free_bytes < disk.total_bytes * DISK_LOW.share)
    say(
      'disk',
      disk.free_bytes < DISK_LOW.bytes / 4 ? 'now' : 'soon',
      'Queda poco espacio en el disco del servidor. Quien lo administra debe liberar o agregar espacio.',
      'Little space is left on the server’s disk. Its operator must free or add some.',
    )
  for (const partner of standing.partners) {
    const called = partner.names.length > 0 ? partner.names.join(', ') : partner.server_name
    const since = partner.unreachable_since_ts
    if (since !== null && now - since > AWAY_MS)
      say(
        `partner ${partner.server_name}`,
        'soon',
        `No se alcanza a ${called}. Nada se pierde: llega cuando vuelva. Para lo urgente, llame por teléfono.`,
        `${called} cannot be reached. Nothing is lost: it arrives when they are back. For what is urgent, telephone.`,
      )
    const words = compatibilityWords({
      server_name: called,
      asked_ts: now,
      state: partner.software === 'unknown' ? 'no_answer' : partner.software,
    })
    if (words) notes.push({ key: `version ${partner.server_name}`, urgency: 'soon', words })
  }
  if (backup && !backup.configured)
    say(
      'backup',
      'soon',
      'No hay respaldos configurados: si esta máquina se pierde, se pierde todo. Pida a quien administra el servidor que los ponga.',
      'No backups are set up: if this machine is lost, everything is. Ask the server’s operator to set them up.',
    )
  else if (backup) {
    if (backup.last_made_ts === null || now - backup.last_made_ts > BACKUP_OLD_MS)
      say(
        'backup',
        'now',
        'Hace más de dos días que no se hace un respaldo. Avise a quien administra el servidor.',
        'No backup has been made for more than two days. Tell the server’s operator.',
      )
    if (backup.last_verified_ts === null || now - backup.last_verified_ts > VERIFIED_OLD_MS)
      say(
        'verified',
        'soon',
        'Hace más de una semana que nadie comprueba que el respaldo se puede restaurar. Avise a quien administra el servidor.',
        'For more than a week nobody has made sure that the backup can be restored. Tell the server’s operator.',
      )
  }
  return notes
}
