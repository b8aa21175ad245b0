import { pino } from 'pino'
import { ConfigError, loadConfig } from './config.ts'
import { createRegistry } from './index.ts'

/**
 * A registry as a program: reads its configuration and runs until SIGINT or SIGTERM. SIGHUP reads the file again and
 * publishes its servers at once. A failure to start is one line on stderr and exit code 1.
 */
export async function runRegistry(configFile: string): Promise<void> {
  try {
    const config = await loadConfig(configFile)
    const log = pino({ level: config.log_level, base: { service: 'registry' } })
    const registry = await createRegistry(config, { log })

    const reload = async () => {
      const { servers, trust, institution_keys } = await loadConfig(configFile)
      const version = trust
        ? await registry.publish()
        : await registry.updateServers(servers, institution_keys)
      log.info({ version }, 'servers read again')
    }
    process.on('SIGHUP', () => {
      reload().catch((error: unknown) => log.error({ err: error }, 'the configuration was not read again'))
    })

    let stopping = false
    const stop = async () => {
      if (stopping) return
      stopping = true
      setTimeout(() => process.exit(1), 15_000).unref()
      try {
        await registry.close()
        process.exit(0)
      } catch (error) {
        log.error({ err: error }, 'the registry did not stop cleanly')
        process.exit(1)
      }
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  } catch (error) {
    const expected = error instanceof ConfigError || (error as NodeJS.ErrnoException).code !== undefined
    console.error(expected ? (error as Error).message : error)
    process.exit(1)
  }
}
