/** The coordinators' tool for the trust list: `npm run trust -- help`. */
import { runTrustTool } from '@enlace/registry/tool'

process.exitCode = await runTrustTool(process.argv.slice(2))
