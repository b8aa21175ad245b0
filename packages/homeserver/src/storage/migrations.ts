/**
 * What older data need before this code can work with them, in order. Each step runs once per database, before anything else
 * is opened; one that was killed goes on at its last mark, so every step may be repeated from there without harm. A new
 * optional field or a new collection needs no step.
 */
import type { BilingualText } from '@enlace/directory/text'
import type { Connection } from 'mongoose'
import { ConfigError } from '../config.ts'
import type { Logger } from '../log.ts'
import type { Database } from './types.ts'

export type Progress = {
  /** Where the last run got to; undefined at the beginning. */
  readonly from: string | undefined
  /** Everything up to here is done and on disk. */
  mark(at: string): Promise<void>
}
export type Migration = {
  /** Never changed: databases remember it. */
  id: string
  describe: BilingualText
  run(db: Connection, progress: Progress): Promise<void>
  /** About how many documents it looks at, for the dry run. */
  concerns(db: Connection): Promise<number>
}

const BATCH = 500

/** In the order in which they run. New ones are added at the end. */
export const migrations: readonly Migration[] = [
  {
    id: '2026-11-media-hashes',
    describe: {
      es: 'Anota en cada archivo guardado si es una copia de otro servidor, para poder ponerlo en cuarentena',
      en: 'Notes of every stored file whether it is a copy of another server’s, so that it can be put in quarantine',
    },
    concerns: (db) => db.collection('media').countDocuments({ remote: { $exists: false } }),
    async run(db, { from, mark }) {
      const media = db.collection<{ _id: string; remote?: boolean; user_id?: string }>('media')
      let after = from ?? ''
      for (;;) {
        const batch = await media
          .find({ _id: { $gt: after } })
          .sort({ _id: 1 })
          .limit(BATCH)
          .toArray()
        if (batch.length === 0) return
        for (const { _id, remote, user_id } of batch)
          if (remote === undefined)
            await media.updateOne({ _id }, { $set: { remote: user_id === undefined } })
        after = batch.at(-1)!._id
        await mark(after)
      }
    },
  },
]

type SchemaDoc = { _id: 'schema'; applied: string[]; running?: { id: string; at?: string } }

export type MigrationState = {
  applied: string[]
  pending: { id: string; describe: BilingualText; resumes: boolean; concerns: number }[]
}

const collectionOf = ({ connection }: Pick<Database, 'connection'>) =>
  connection.collection<SchemaDoc>('schema')

/** What a start would do, without doing it. @throws ConfigError when the database is newer than this code */
export async function planMigrations(
  db: Pick<Database, 'connection'>,
  steps: readonly Migration[] = migrations,
): Promise<MigrationState> {
  const doc = await collectionOf(db).findOne({ _id: 'schema' })
  if (!doc) {
    // A database with nothing in it begins in today's form.
    if ((await db.connection.collection('accounts').countDocuments({}, { limit: 1 })) === 0)
      return { applied: steps.map(({ id }) => id), pending: [] }
  }
  const applied = doc?.applied ?? []
  checkNotNewer(applied, steps)
  const pending = []
  for (const step of steps.filter(({ id }) => !applied.includes(id)))
    pending.push({
      id: step.id,
      describe: step.describe,
      resumes: doc?.running?.id === step.id,
      concerns: await step.concerns(db.connection),
    })
  return { applied, pending }
}

/** Brings the database to today's form. @throws ConfigError when it is newer than this code */
export async function runMigrations(
  db: Pick<Database, 'connection'>,
  log: Pick<Logger, 'info'>,
  steps: readonly Migration[] = migrations,
): Promise<void> {
  const schema = collectionOf(db)
  const { applied, pending } = await planMigrations(db, steps)
  const doc = await schema.findOne({ _id: 'schema' })
  if (!doc) await schema.insertOne({ _id: 'schema', applied })
  for (const { id } of pending) {
    const step = steps.find((one) => one.id === id)!
    const from = doc?.running?.id === id ? doc.running.at : undefined
    log.info({ migration: id, resumes: from !== undefined }, 'a migration of the database begins')
    const save = (running: SchemaDoc['running']) => schema.updateOne({ _id: 'schema' }, { $set: { running } })
    if (from === undefined) await save({ id })
    await step.run(db.connection, { from, mark: async (at) => void (await save({ id, at })) })
    // Done and no longer under way, in one write.
    await schema.updateOne({ _id: 'schema' }, { $push: { applied: id }, $unset: { running: 1 } })
    log.info({ migration: id }, 'a migration of the database is done')
  }
}

function checkNotNewer(applied: readonly string[], steps: readonly Migration[]): void {
  const unknown = applied.filter((id) => !steps.some((step) => step.id === id))
  if (unknown.length === 0) return
  throw new ConfigError(
    `La base de datos es de una versión más nueva de Enlace (${unknown.join(', ')}). Inicie esa versión, o restaure el respaldo hecho antes de actualizar; con esta, los datos se dañarían. / The database is of a newer version of Enlace. Start that version, or restore the backup made before the upgrade: with this one the data would be harmed.`,
  )
}
