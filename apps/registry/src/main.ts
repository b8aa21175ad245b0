/** The registry: `npm run registry -- --config FILE.yaml`. */
import { parseArgs } from 'node:util'
import { runRegistry } from '@enlace/registry/run'

const usage = 'Uso: npm run registry -- --config ARCHIVO.yaml / Usage: npm run registry -- --config FILE.yaml'

let config: string | undefined
try {
  config = parseArgs({ options: { config: { type: 'string' } } }).values.config
} catch (error) {
  console.error(`${(error as Error).message}\n${usage}`)
  process.exit(2)
}
if (!config) {
  console.error(usage)
  process.exit(2)
}
await runRegistry(config)
