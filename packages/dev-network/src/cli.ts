/** `npm start`: the demo network, from nothing to URLs and accounts. `-- --fresh` begins anew. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { corridorTopics } from '@enlace/coordination'
import { DEMO_PASSWORD, demoSpaceAlias } from './demo.ts'
import { removeData, startDevNetwork } from './network.ts'
import { PortInUse } from './ports.ts'
import { ensureWebClient } from './web-build.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const say = (line: string) => console.log(`  ${line}`)

try {
  const { values } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } })
  const dataDir = resolve(process.env.ENLACE_DATA ?? join(root, '.enlace'))
  if (values.fresh) await removeData(dataDir)
  console.log('\nEnlace: red de demostración / demo network\n')
  let stopping = false
  let network: Awaited<ReturnType<typeof startDevNetwork>> | undefined
  const stop = async () => {
    if (stopping) process.exit(1)
    stopping = true
    console.log('\n  Cerrando / stopping ...')
    await network?.close()
    process.exit(0)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)

  const webRoot = await ensureWebClient(say)
  network = await startDevNetwork({ dataDir, webRoot, say, examples: true })
  if (stopping) await network.close()
  console.log(await welcome(network, dataDir))
  void network.firstFailure.then(async (name) => {
    if (stopping) return
    console.error(`\n  ${name} se detuvo / stopped. Registro / log: ${dataDir}/*.log`)
    await network?.close()
    process.exit(1)
  })
} catch (error) {
  console.error(`\n  ${(error as Error).message}`)
  if (error instanceof PortInUse) {
    console.error(
      '  Otro programa usa ese puerto. Ciérrelo y repita / another program uses that port: stop it and try again.',
    )
  }
  process.exit(1)
}

async function welcome(
  network: Awaited<ReturnType<typeof startDevNetwork>>,
  dataDir: string,
): Promise<string> {
  const { hn, gt } = network
  const width = Math.max(
    ...[...hn.demo.accounts, ...gt.demo.accounts].map((account) => account.localpart.length),
  )
  const people = (node: typeof hn) =>
    node.demo.accounts
      .map((account) => `      ${account.localpart.padEnd(width)}  ${account.displayName} (${account.role})`)
      .join('\n')
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  return `
  Enlace ${version} está en marcha / is running.

    Honduras    ${hn.baseUrl}   (${hn.serverName})
${people(hn)}

    Guatemala   ${gt.baseUrl}   (${gt.serverName})
${people(gt)}

    Contraseña / password: ${DEMO_PASSWORD}
    Corredor / corridor:   #${demoSpaceAlias}:${hn.serverName}  ${corridorTopics()
      .map((topic) => `#${topic}`)
      .join(' ')}
    Directorio / registry: ${network.registryUrl}
    Datos / data:          ${dataDir}

  Ctrl-C para cerrar / to stop.
`
}
