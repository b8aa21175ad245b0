/** A node as a program: reads its configuration, runs until SIGINT or SIGTERM, reports failure in one line. */
import { ConfigError, loadConfig } from './config.ts'
import { createHomeserver, type Homeserver, type HomeserverOptions } from './index.ts'
import { describeError } from './log.ts'
import { isBrokenLine } from './storage/broken-lines.ts'

const CLOSE_MS = 15_000

export async function runHomeserver(configFile: string, options: HomeserverOptions = {}): Promise<void> {
  let homeserver: Homeserver | undefined
  let stopping = false
  const stop = async (code: 0 | 1) => {
    if (stopping) return
    stopping = true
    const timer = setTimeout(() => process.exit(1), CLOSE_MS)
    timer.unref()
    await homeserver?.close()
    process.exit(code)
  }
  /**
   * The last resort. Nobody knows in what state the failed part is: the node ends, as after SIGTERM, and whatever watches
   * over it starts it again. What was acknowledged is on disk. Only that the database was not reached is known to break nothing:
   * then the node is not ready, and goes on.
   */
  const lastResort = (kind: string) => (error: unknown) => {
    if (homeserver && !stopping && kind === 'unhandledRejection' && isBrokenLine(error)) {
      homeserver.ctx.log.error({ err: error, kind }, 'the database was not reached, and nobody waited for it')
      return
    }
    const line = 'An error that nobody handled: the node ends.'
    if (homeserver) homeserver.ctx.log.fatal({ err: error, kind }, line)
    else console.error(line, kind, describeError(error))
    // It happened while ending: there is nothing left to do in good order.
    if (stopping) process.exit(1)
    stop(1).catch(() => process.exit(1))
  }
  process.on('uncaughtException', lastResort('uncaughtException'))
  process.on('unhandledRejection', lastResort('unhandledRejection'))
  try {
    const config = await loadConfig(configFile)
    homeserver = await createHomeserver(config, options)
    // Without its database a node can only answer with errors: ended, it is started again by whatever watches over it.
    // Also where it is ending already: whoever asked the database first may have found it gone before this was told.
    void homeserver.ctx.db.lost.then(() => {
      console.error(
        'The embedded database has ended unexpectedly, and the node with it. What was acknowledged is on disk. ' +
          'Start the node again; if it ends again, see the log above and the free space and memory of this machine.',
      )
      process.exit(1)
    })
    const { settings, log } = homeserver.ctx
    process.on('SIGHUP', () => {
      settings.apply('operator').catch((error: unknown) => {
        // What is wrong with the file is for the operator's eyes; nothing of it counts.
        const known = error instanceof ConfigError
        log.error(known ? { reason: error.message } : { err: error }, 'the configuration was not applied')
      })
    })
    process.on('SIGINT', () => void stop(0))
    process.on('SIGTERM', () => void stop(0))
  } catch (error) {
    const known = error instanceof ConfigError || (error as NodeJS.ErrnoException).code !== undefined
    console.error(known ? (error as Error).message : error)
    process.exit(1)
  }
}
