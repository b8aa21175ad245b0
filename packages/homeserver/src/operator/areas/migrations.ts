/** What a start of this version would do to the data. */
import { z } from 'zod'
import { loadConfig } from '../../config.ts'
import { createLogger } from '../../log.ts'
import { openDatabase } from '../../storage/db.ts'
import { planMigrations } from '../../storage/migrations.ts'
import { askRunningNode } from '../ask-node.ts'
import { command } from '../command.ts'
import type { Area } from '../types.ts'

const none = z.strictObject({})

export const migrationsArea: Area = {
  name: 'migrations',
  describe: {
    es: 'Cambios de forma de los datos entre versiones',
    en: 'Changes in the form of the data between versions',
  },
  main: 'plan',
  commands: [
    command({
      name: 'plan',
      describe: {
        es: 'Qué haría el próximo inicio, sin hacerlo',
        en: 'What the next start would do, without doing it',
      },
      where: 'here',
      reads: true,
      input: none,
      async run({ configFile }) {
        const config = await loadConfig(configFile)
        const running = await askRunningNode(config.data_dir, {
          area: 'migrations',
          command: 'state',
          input: {},
        })
        if (running) return running
        // Without opening the node, which would run them.
        const db = await openDatabase(config, createLogger('silent', config.server_name))
        try {
          return { ...(await planMigrations(db)) }
        } finally {
          await db.close()
        }
      },
      show: (answer, lang) => {
        const pending = answer['pending'] as {
          id: string
          describe: { es: string; en: string }
          concerns: number
        }[]
        if (pending.length === 0)
          return lang === 'es' ? 'No hay nada que cambiar.' : 'There is nothing to change.'
        return pending
          .map(({ id, describe, concerns }) => `${id}  ${describe[lang]}  (${concerns})`)
          .join('\n')
      },
    }),
    command({
      name: 'state',
      describe: { es: 'Lo que la base de datos ya tiene', en: 'What the database has already' },
      where: 'node',
      reads: true,
      input: none,
      run: async (ctx) => ({ ...(await planMigrations(ctx.db)) }),
    }),
  ],
}
