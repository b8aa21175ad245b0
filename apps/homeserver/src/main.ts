/** One node: `npm run homeserver -- --config FILE.yaml`, and the operator's commands on it. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const usage = `Usage:
  npm run homeserver -- --config FILE.yaml
  npm run homeserver -- --config FILE.yaml account add NAME [--display-name TEXT] [--institution KEY]
                        [--role staff|coordinator|official] [--admin]     the password is read from standard input`

const stop = (message: string): never => {
  console.error(`${message}\n${usage}`)
  process.exit(2)
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        'display-name': { type: 'string' },
        institution: { type: 'string' },
        role: { type: 'string' },
        admin: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    return stop((error as Error).message)
  }
}

const { values, positionals } = readArguments()
if (!values.config) stop('Which configuration?')
if (positionals.length === 0) {
  const { runHomeserver } = await import('@enlace/homeserver/run')
  const webRoot = fileURLToPath(new URL('../../web/dist', import.meta.url))
  await runHomeserver(values.config!, { webRoot: existsSync(webRoot) ? webRoot : undefined })
} else {
  const [noun, verb, name, ...rest] = positionals
  if (noun !== 'account' || verb !== 'add' || !name || rest.length > 0)
    stop(`Not understood: ${positionals.join(' ')}`)
  const { addAccount } = await import('@enlace/homeserver/commands')
  process.exit(
    await addAccount(values.config!, {
      localpart: name!,
      displayName: values['display-name'],
      institution: values.institution,
      role: values.role,
      isAdmin: values.admin,
    }),
  )
}
