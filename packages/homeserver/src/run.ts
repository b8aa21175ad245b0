/** A node as a program: reads its configuration, runs until SIGINT or SIGTERM, reports failure in one line. */
import { ConfigError, loadConfig } from './config.ts'
import { createHomeserver, type HomeserverOptions } from './index.ts'

export async function runHomeserver(configFile: string, options: HomeserverOptions = {}): Promise<void> {
  try {
    const config = await loadConfig(configFile)
    const homeserver = await createHomeserver(config, options)
    let stopping = false
    const stop = async () => {
      if (stopping) return
      stopping = true
      const timer = setTimeout(() => process.exit(1), 15_000)
      timer.unref()
      await homeserver.close()
      process.exit(0)
    }
    // Without its database a node can only answer with errors: ended, it is started again by whatever watches over it.
    void homeserver.ctx.db.lost.then(() => {
      if (stopping) return
      console.error(
        'The embedded database has ended unexpectedly, and the node with it. What was acknowledged is on disk. ' +
          'Start the node again; if it ends again, see the log above and the free space and memory of this machine.',
      )
      process.exit(1)
    })
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  } catch (error) {
    const known = error instanceof ConfigError || (error as NodeJS.ErrnoException).code !== undefined
    console.error(known ? (error as Error).message : error)
    process.exit(1)
  }
}
