/** The operator's command line: `npm run enlace -- --config FILE.yaml AREA COMMAND`. */
import { runCommand } from '@enlace/homeserver/commands'

process.exitCode = await runCommand(process.argv.slice(2))
