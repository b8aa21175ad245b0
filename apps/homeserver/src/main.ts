/** One node: `npm run homeserver -- --config FILE.yaml`, and the operator's commands on it. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { commandOptions, operatorHelp, runCommand } from '@enlace/homeserver/commands'

const stop = (message: string): never => {
  console.error(`${message}\n${operatorHelp}`)
  process.exit(2)
}

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: commandOptions })
  } catch (error) {
    return stop((error as Error).message)
  }
}

const { values, positionals } = readArguments()
if (values.help) {
  console.log(operatorHelp)
  process.exit(0)
}
if (!values.config) stop('¿Qué configuración? / Which configuration?')
if (positionals.length === 0) {
  const { runHomeserver } = await import('@enlace/homeserver/run')
  const webRoot = fileURLToPath(new URL('../../web/dist', import.meta.url))
  await runHomeserver(values.config!, { webRoot: existsSync(webRoot) ? webRoot : undefined })
} else {
  const code = await runCommand(values.config!, process.argv.slice(2))
  if (code === 2) console.error(operatorHelp)
  process.exit(code)
}
