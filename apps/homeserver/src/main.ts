/** One node: `npm run homeserver -- --config FILE.yaml`, and the accounts commands on it as they were before `enlace`. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { homeserverHelp, runCommand } from '@enlace/homeserver/commands'

const args = process.argv.slice(2)
const { values, positionals } = parseArgs({
  args,
  allowPositionals: true,
  strict: false,
  options: { config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
})

const stop = (message: string): never => {
  console.error(`${message}\n${homeserverHelp()}`)
  process.exit(2)
}

if (values.help) {
  console.log(homeserverHelp())
} else if (typeof values.config !== 'string') {
  stop('¿Qué configuración? / Which configuration?')
} else if (positionals.length === 0) {
  const unknown = Object.keys(values).filter((key) => key !== 'config')
  if (unknown.length > 0) stop(`No se entiende. / Not understood: --${unknown.join(', --')}`)
  const { runHomeserver } = await import('@enlace/homeserver/run')
  const webRoot = fileURLToPath(new URL('../../web/dist', import.meta.url))
  await runHomeserver(values.config, { webRoot: existsSync(webRoot) ? webRoot : undefined })
} else if (positionals[0] !== 'account') {
  stop(`No se entiende. / Not understood: ${positionals.join(' ')}`)
} else {
  process.exit(await runCommand(args, { scriptsNeedYes: false }))
}
