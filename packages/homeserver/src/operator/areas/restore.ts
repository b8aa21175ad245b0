/** Putting a node back from a backup, and showing that one could. The private key is read, used, and never written. */
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { type ConfiguredPlace, openStore, placeOf } from '../../backup/place.ts'
import { isNodeRunning } from '../../backup/running.ts'
import type { BackupStore } from '../../backup/types.ts'
import { type Config, loadConfig } from '../../config.ts'
import { command } from '../command.ts'
import type { Area } from '../types.ts'

const COMMON = {
  keyFile: {
    es: 'archivo con la clave privada de age; sin esta opción se lee de la entrada estándar',
    en: 'file with the private key of age; without it, it is read from standard input',
  },
  from: {
    es: 'de dónde: una carpeta, o un archivo YAML con endpoint, bucket, prefix, region y credentials_file; sin ella, backup.to de la configuración',
    en: 'where from: a folder, or a YAML file with endpoint, bucket, prefix, region and credentials_file; without it, backup.to of the configuration',
  },
  madeBy: {
    es: 'solo respaldos de este nodo: la clave que dice "backup status"',
    en: 'only backups of this node: the key that "backup status" says',
  },
}
const common = {
  backup: z.string().max(64).optional(),
  keyFile: z.string().optional(),
  from: z.string().optional(),
  madeBy: z.string().max(200).optional(),
}
const placeSchema = z.strictObject({
  endpoint: z.url(),
  bucket: z.string(),
  prefix: z.string().default(''),
  region: z.string().default('us-east-1'),
  credentials_file: z.string(),
})

async function storeOf(from: string | undefined, config: () => Promise<Config>): Promise<BackupStore> {
  let to: ConfiguredPlace | undefined
  if (from === undefined) to = (await config()).backup?.to
  else to = /\.ya?ml$/.test(from) ? placeSchema.parse(parseYaml(await readFile(from, 'utf8'))) : from
  if (to === undefined)
    throw new Error('¿De dónde? La configuración no tiene "backup": diga --from. / Where from? Say --from.')
  return openStore(await placeOf(to))
}

const readKeys = (keyFile: string | undefined): Promise<string> =>
  keyFile === undefined ? text(process.stdin) : readFile(keyFile, 'utf8')

export const restoreArea: Area = {
  name: 'restore',
  describe: { es: 'Restaurar de un respaldo', en: 'Restoring from a backup' },
  commands: [
    command({
      name: 'run',
      describe: {
        es: 'Restaura el último respaldo (o el que se diga) con el nodo parado. Nada cambia antes de que todo esté leído y comprobado.',
        en: 'Puts the newest backup (or the one named) back, with the node stopped. Nothing changes before all of it is read and checked.',
      },
      where: 'here',
      positionals: ['backup'],
      options: {
        ...COMMON,
        replace: {
          es: 'lo que hay se pone aparte (la base de MongoDB se vacía)',
          en: 'what is there is put aside (a MongoDB is emptied)',
        },
        endSessions: {
          es: 'todas las personas entran de nuevo: si desde el respaldo se cerraron sesiones de un teléfono robado',
          en: 'everybody signs in again: if sessions of a stolen telephone were ended since the backup',
        },
      },
      confirm: {
        es: '¿La máquina anterior está apagada para siempre? Dos nodos con la misma clave dañan la red.',
        en: 'Is the former machine off for good? Two nodes with one key harm the network.',
      },
      input: z.strictObject({
        ...common,
        replace: z.boolean().default(false),
        endSessions: z.boolean().default(false),
      }),
      async run({ configFile, say, lang }, { backup, keyFile, from, madeBy, replace, endSessions }) {
        const config = await loadConfig(configFile)
        if (await isNodeRunning(config.data_dir))
          throw new Error('El nodo está en marcha: párelo primero. / The node is running: stop it first.')
        const { restore } = await import('../../backup/put-back.ts')
        const store = await storeOf(from, async () => config)
        say(lang === 'es' ? `Leyendo de ${store.place} …` : `Reading from ${store.place} …`)
        const done = await restore({
          store,
          keys: await readKeys(keyFile),
          ...(backup === undefined ? {} : { backup }),
          ...(madeBy === undefined ? {} : { madeBy }),
          dataDir: config.data_dir,
          serverName: config.server_name,
          ...(config.database.uri === undefined ? {} : { databaseUri: config.database.uri }),
          replace,
          endSessions,
          now: () => Date.now(),
        })
        return { backup: done.backup, made: new Date(done.madeTs).toISOString(), files: done.files }
      },
    }),
    command({
      name: 'verify',
      reads: true,
      describe: {
        es: 'Prueba el último respaldo: lo abre, lo pone en un nodo de prueba, lo revisa, y deja constancia en el almacén. En otra máquina, con una clave propia.',
        en: 'Tries the newest backup: opens it, puts it into a scratch node, looks through it, and leaves word in the store. On another machine, with a key of its own.',
      },
      where: 'here',
      positionals: ['backup'],
      options: {
        ...COMMON,
        scratch: { es: 'carpeta para el nodo de prueba', en: 'folder for the scratch node' },
      },
      input: z.strictObject({ ...common, scratch: z.string().optional() }),
      async run({ configFile }, { backup, keyFile, from, madeBy, scratch }) {
        const { verifyBackup } = await import('../../backup/verify-backup.ts')
        const { looked, madeTs, ...said } = await verifyBackup({
          store: await storeOf(from, () => loadConfig(configFile)),
          keys: await readKeys(keyFile),
          ...(backup === undefined ? {} : { backup }),
          ...(madeBy === undefined ? {} : { madeBy }),
          ...(scratch === undefined ? {} : { scratch }),
          now: () => Date.now(),
        })
        return { ...said, made: new Date(madeTs).toISOString(), ...looked, problems: said.ok ? 0 : 1 }
      },
    }),
  ],
}
