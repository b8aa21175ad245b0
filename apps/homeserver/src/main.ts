/** One node: `npm run homeserver -- --config FILE.yaml`. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runHomeserver } from '@enlace/homeserver/run'

const usage = 'Usage: npm run homeserver -- --config FILE.yaml'

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
const webRoot = fileURLToPath(new URL('../../web/dist', import.meta.url))
await runHomeserver(config, { webRoot: existsSync(webRoot) ? webRoot : undefined })
