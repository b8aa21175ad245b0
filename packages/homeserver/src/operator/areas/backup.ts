/** Backups: making one now, how they stand, what is in the store. */
import { z } from 'zod'
import { openStore, placeOf } from '../../backup/place.ts'
import { readHeads } from '../../backup/repository.ts'
import { openRepositoryKeys } from '../../backup/sealing.ts'
import { loadConfig } from '../../config.ts'
import { command } from '../command.ts'
import type { Area } from '../types.ts'

const time = (ts: number) => new Date(ts).toISOString()

export const backupArea: Area = {
  name: 'backup',
  describe: { es: 'Respaldos de este nodo', en: 'Backups of this node' },
  main: 'status',
  commands: [
    command({
      name: 'make',
      describe: {
        es: 'Hace un respaldo ahora, cifrado, solo con lo que cambió.',
        en: 'Makes a backup now, encrypted, of what has changed.',
      },
      where: 'node',
      input: z.strictObject({}),
      async run(ctx) {
        const { id, ts, bytes, sent, removed } = await ctx.backup.make()
        return { backup: id, made: time(ts), bytes, sent, removed }
      },
    }),
    command({
      name: 'status',
      reads: true,
      describe: {
        es: 'Cuándo se hizo el último, cuándo se probó, y qué no está bien.',
        en: 'When the last one was made, when one was tried, and what is wrong.',
      },
      where: 'node',
      input: z.strictObject({}),
      async run(ctx) {
        await ctx.backup.seekVerification()
        const { configured, lastMade, lastVerified, lastChecked, problem } = ctx.backup.status()
        const { publicKey } = await openRepositoryKeys(`${ctx.config.data_dir}/backup`)
        return {
          configured,
          ...(lastMade ? { lastMade: { ...lastMade, made: time(lastMade.ts) } } : {}),
          ...(lastVerified ? { lastVerified: { ...lastVerified, verified: time(lastVerified.ts) } } : {}),
          ...(lastChecked ? { lastChecked: { ...lastChecked, checked: time(lastChecked.ts) } } : {}),
          ...(problem ? { problem } : {}),
          made_by: publicKey,
          problems: problem ? 1 : 0,
        }
      },
      show: ({ lastMade, lastVerified, problem, made_by }, lang) =>
        [
          lang === 'es' ? 'último respaldo' : 'last backup',
          (lastMade as { made: string } | undefined)?.made ?? '-',
          lang === 'es' ? '\núltima prueba' : '\nlast tried',
          (lastVerified as { verified: string } | undefined)?.verified ?? '-',
          lang === 'es' ? '\nclave de los respaldos (--made-by)' : '\nkey of the backups (--made-by)',
          String(made_by),
          ...(problem ? [`\n${(problem as { message: Record<string, string> }).message[lang]}`] : []),
        ].join(' '),
    }),
    command({
      name: 'check',
      reads: true,
      describe: {
        es: 'Mira si el almacén guarda cada pieza del último respaldo tal como se escribió. No prueba que se pueda abrir.',
        en: 'Looks whether the store has every piece of the newest backup as it was written. It does not show that it can be opened.',
      },
      where: 'node',
      input: z.strictObject({}),
      run: async (ctx) => ({ ...(await ctx.backup.check()) }),
    }),
    command({
      name: 'list',
      reads: true,
      describe: { es: 'Los respaldos completos que hay en el almacén', en: 'The whole backups in the store' },
      where: 'here',
      input: z.strictObject({}),
      async run({ configFile }) {
        const { backup } = await loadConfig(configFile)
        if (!backup)
          throw new Error('La configuración no tiene "backup". / The configuration has no "backup".')
        const { heads, bad } = await readHeads(await openStore(await placeOf(backup.to)))
        return {
          backups: heads.map(({ id, made_ts, packs }) => ({
            backup: id,
            made: time(made_ts),
            objects: packs.length,
          })),
          unreadable: bad,
          problems: bad.length,
        }
      },
    }),
  ],
}
