/** A process that migrates slowly, and is killed in the middle: `long-migration.ts FOLDER`. */
import { parseConfig } from '../../config.ts'
import { createLogger } from '../../log.ts'
import { openDatabase } from '../../storage/db.ts'
import { runMigrations } from '../../storage/migrations.ts'
import { longMigration } from '../migrations.ts'

const config = parseConfig({
  server_name: 'hn.example',
  data_dir: process.argv[2],
  listeners: [{ port: 0, serves: ['client'] }],
})
const log = createLogger('silent', 'hn.example')
const db = await openDatabase(config, log)
await runMigrations(db, log, [longMigration((done) => process.send?.(done))])
await db.close()
process.send?.('finished')
process.disconnect()
