/** How the node stands: in short, in figures, and everything somebody needs at three in the morning. */
import { cpus, freemem, loadavg, release, totalmem } from 'node:os'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { planMigrations } from '../../storage/migrations.ts'
import { command } from '../command.ts'
import { type Standing, standingOf } from '../standing.ts'
import type { Area, Lang } from '../types.ts'
import { shownConfig } from './config.ts'

const none = z.strictObject({})

export const statusArea: Area = {
  name: 'status',
  describe: { es: 'Cómo está el nodo, en pocas líneas', en: 'How the node stands, in a few lines' },
  main: 'show',
  commands: [
    command({
      name: 'show',
      describe: {
        es: 'Lista, socios, certificados, respaldos, disco, y qué hay que hacer',
        en: 'List, partners, certificates, backups, disk, and what needs doing',
      },
      where: 'node',
      reads: true,
      input: none,
      async run(ctx) {
        const standing = await standingOf(ctx)
        return { ...standing, problems: standing.notes.length }
      },
      show: (answer, lang) => inWords(answer as unknown as Standing, lang),
    }),
  ],
}

export const statisticsArea: Area = {
  name: 'statistics',
  describe: {
    es: 'Cuántas cuentas, salas, mensajes y archivos',
    en: 'How many accounts, rooms, messages and files',
  },
  main: 'show',
  commands: [
    command({
      name: 'show',
      describe: {
        es: 'Cantidades de este nodo; nada sobre personas',
        en: 'Figures of this node; nothing about people',
      },
      where: 'node',
      reads: true,
      input: none,
      run: statistics,
    }),
  ],
}

export const diagnoseArea: Area = {
  name: 'diagnose',
  describe: {
    es: 'Todo lo que hace falta a las tres de la mañana, en un informe que se puede enviar: sin secretos, personas ni contenido',
    en: 'Everything needed at three in the morning, in a report that may be sent: no secrets, people or content',
  },
  main: 'report',
  commands: [
    command({
      name: 'report',
      describe: { es: 'El informe', en: 'The report' },
      where: 'node',
      reads: true,
      input: none,
      async run(ctx) {
        const standing = await standingOf(ctx)
        return {
          ...standing,
          machine: {
            node: process.version,
            system: `${process.platform} ${release()} ${process.arch}`,
            processors: cpus().length,
            load: loadavg().map((one) => Math.round(one * 100) / 100),
            memory: {
              free_bytes: freemem(),
              total_bytes: totalmem(),
              used_by_node_bytes: process.memoryUsage().rss,
            },
            up_seconds: Math.round(process.uptime()),
          },
          statistics: await statistics(ctx),
          database_kind: ctx.config.database.uri === undefined ? 'embedded' : 'mongodb',
          migrations: await planMigrations(ctx.db),
          projections: Object.fromEntries([...ctx.stream.projections].map(([name, lag]) => [name, lag()])),
          trust: ctx.config.federation.list === 'open' ? null : ctx.federationList.report(),
          institution_problems: ctx.federation.institutionProblems(),
          signing_key: ctx.signingKey.keyId,
          retired_keys: Object.keys(ctx.serverKeys.retired()),
          compatibility: { own: ctx.compatibility.statement(), partners: ctx.compatibility.partners() },
          config: shownConfig(ctx.config),
          problems: standing.notes.length,
        }
      },
      show: (answer, lang) =>
        `${inWords(answer as unknown as Standing, lang)}\n\n${JSON.stringify(answer, undefined, 2)}`,
    }),
  ],
}

async function statistics(ctx: Context) {
  const accounts = await ctx.accounts.list()
  const count = (name: string) => ctx.db.connection.collection(name).estimatedDocumentCount()
  const open = accounts.filter(({ deactivated }) => !deactivated)
  const byRole = new Map<string, number>()
  for (const { role = 'none' } of open) byRole.set(role, (byRole.get(role) ?? 0) + 1)
  return {
    accounts: open.length,
    accounts_closed: accounts.length - open.length,
    accounts_by_role: Object.fromEntries(byRole),
    devices: await count('devices'),
    rooms: await count('rooms'),
    events: await count('events'),
    cases: await count('cases'),
    log_position: ctx.stream.stable,
    media: await ctx.media.operator.totals(),
    to_device_waiting: await count('to_device_messages'),
    notices_waiting_for_partners: await count('outgoing_edus'),
  }
}

function inWords(standing: Standing, lang: Lang): string {
  const words = (es: string, en: string) => (lang === 'es' ? es : en)
  const date = (ts: number | null) =>
    ts === null ? words('nunca', 'never') : new Date(ts).toISOString().slice(0, 16)
  const { list, partners, certificates, disk, backup, notes } = standing
  const away = partners.filter(({ reachable }) => !reachable)
  const lines = [
    `Enlace ${standing.version}  ${standing.server_name}  ${date(standing.now_ts)}Z`,
    list.mode === 'open'
      ? words('Sin lista de la red.', 'Without a list of the network.')
      : `${words('Lista de la red vale hasta', 'The network’s list is good until')} ${date(list.expires_ts)}Z`,
    `${words('Servidores que se alcanzan', 'Servers that are reached')}: ${partners.length - away.length} / ${partners.length}`,
    ...away.map(
      (one) =>
        `  ${one.server_name}: ${words('no se alcanza desde', 'not reached since')} ${date(one.unreachable_since_ts)}Z`,
    ),
    ...standing.rosters.map(
      (one) =>
        `${words('Lista de personas', 'Roster')} ${one.institution}: ${one.problem ?? `${date(one.expires_ts)}Z`}`,
    ),
    ...certificates.map(
      (one) =>
        `${words('Certificado', 'Certificate')} ${one.of}: ${words('hasta', 'until')} ${date(one.ends_ts)}Z`,
    ),
    `${words('Disco libre', 'Free disk')}: ${Math.round(disk.free_bytes / 1024 ** 2)} MiB`,
    ...(backup
      ? [
          `${words('Último respaldo', 'Last backup')}: ${date(backup.last_made_ts)}, ${words('comprobado', 'verified')}: ${date(backup.last_verified_ts)}`,
        ]
      : []),
    notes.length === 0
      ? words('Nada que hacer.', 'Nothing needs doing.')
      : `${words('Qué hacer', 'What needs doing')}:`,
    ...notes.map((note) => `  ${note.urgency === 'now' ? '!!' : '! '} ${note.words[lang]}`),
  ]
  return lines.join('\n')
}
