/** The network's list, and the partners on it. */
import { z } from 'zod'
import { MatrixError } from '../../errors.ts'
import { command } from '../command.ts'
import { partnersStanding } from '../standing.ts'
import type { Area } from '../types.ts'

export const listArea: Area = {
  name: 'list',
  describe: {
    es: 'La lista de la red y los servidores que están en ella',
    en: 'The network’s list and the servers on it',
  },
  main: 'show',
  commands: [
    command({
      name: 'show',
      describe: {
        es: 'Qué lista vale, hasta cuándo, y qué alarmas hay',
        en: 'Which list counts, until when, and what alarms there are',
      },
      where: 'node',
      reads: true,
      input: z.strictObject({}),
      async run(ctx) {
        if (ctx.config.federation.list === 'open') return { mode: 'open' }
        const report = ctx.federationList.report()
        return {
          ...report,
          mode: 'list',
          problems: report.usable ? report.alarms.length : 1,
        }
      },
      show: (answer, lang) => {
        if (answer['mode'] === 'open')
          return lang === 'es'
            ? 'Este nodo trabaja sin lista de la red.'
            : 'This node works without a list of the network.'
        const date = (ts: unknown) => (typeof ts === 'number' ? new Date(ts).toISOString() : '-')
        return [
          `${lang === 'es' ? 'usable' : 'usable'}: ${String(answer['usable'])}`,
          `${lang === 'es' ? 'versión' : 'version'}: ${String(answer['list_version'])}`,
          `${lang === 'es' ? 'vale hasta' : 'good until'}: ${date(answer['expires_ts'])}`,
          `${lang === 'es' ? 'raíz hasta' : 'root until'}: ${date(answer['root_expires_ts'])}`,
          ...(answer['alarms'] as { message: Record<string, string> }[]).map(
            ({ message }) => `! ${message[lang]}`,
          ),
        ].join('\n')
      },
    }),
    command({
      name: 'partners',
      describe: {
        es: 'Los demás servidores: si se alcanzan, qué espera por ellos, qué versión usan',
        en: 'The other servers: whether they are reached, what waits for them, what version they run',
      },
      where: 'node',
      reads: true,
      input: z.strictObject({}),
      run: async (ctx) => ({ partners: await partnersStanding(ctx) }),
    }),
    command({
      name: 'refresh',
      describe: { es: 'Pide la lista al directorio ahora', en: 'Asks the registry for the list now' },
      where: 'running',
      input: z.strictObject({}),
      async run(ctx) {
        await ctx.federation.refreshList()
        if (!ctx.federation.ready())
          throw new MatrixError(
            503,
            'M_UNKNOWN',
            'La lista sigue sin poder usarse: vea "enlace list show". / The list is still unusable: see "enlace list show".',
          )
        return { version: ctx.federationList.members()?.version ?? null }
      },
    }),
  ],
}
