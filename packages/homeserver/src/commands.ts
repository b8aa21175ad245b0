/**
 * What an operator does to a node from the command line. A running node is asked through its socket, so that what is done
 * counts at once; of a stopped one the database is opened here.
 */
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { MatrixError } from './errors.ts'
import { openNode } from './index.ts'
import {
  type OperatorAction,
  type OperatorResult,
  operatorAction,
  runOperatorAction,
} from './operator/actions.ts'
import { askRunningNode } from './operator/socket.ts'

export { operatorHelp } from './operator/words.ts'

/** Options of all commands; which of them a command takes, its action says. */
export const commandOptions = {
  config: { type: 'string' },
  'display-name': { type: 'string' },
  institution: { type: 'string' },
  role: { type: 'string' },
  device: { type: 'string' },
  code: { type: 'string' },
  admin: { type: 'boolean' },
  erase: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** @returns the exit code: 2 when the command was not understood */
export async function runCommand(configFile: string, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: commandOptions,
  })
  const [noun, verb, name, ...rest] = positionals
  const { config: _config, json = false, help: _help, 'display-name': displayName, ...given } = values
  const asked = {
    do: verb,
    ...given,
    ...(displayName === undefined ? {} : { displayName }),
    ...(name === undefined ? {} : { name }),
    ...(verb === 'add' || verb === 'password' ? { password: '' } : {}),
  }
  const parsed = operatorAction.safeParse(asked)
  if (noun !== 'account' || rest.length > 0 || !parsed.success) {
    const issue = parsed.error?.issues[0]
    const why = issue ? `${issue.path.join('.')}: ${issue.message}` : positionals.join(' ')
    console.error(`No se entiende. / Not understood: ${why}`)
    return 2
  }
  try {
    const config = await loadConfig(configFile)
    const action =
      'password' in parsed.data ? { ...parsed.data, password: await readPassword() } : parsed.data
    const result = (await askRunningNode(config.data_dir, action)) ?? (await runStopped(config, action))
    console.log(json ? JSON.stringify(result) : plain(result))
    return 0
  } catch (error) {
    if (json && error instanceof MatrixError) console.log(JSON.stringify(error))
    const known = error instanceof ConfigError || error instanceof Error
    console.error(known ? error.message : String(error))
    return 1
  }
}

async function runStopped(config: Config, action: OperatorAction): Promise<OperatorResult> {
  const node = await openNode({ ...config, log_level: 'silent' })
  try {
    return await runOperatorAction(node.ctx, action)
  } finally {
    await node.close()
  }
}

async function readPassword(): Promise<string> {
  if (process.stdin.isTTY)
    process.stderr.write('Contraseña (termina con Ctrl-D) / Password (ends with Ctrl-D): ')
  return (await text(process.stdin)).split('\n')[0]!
}

/** One line for each thing: what it is called first, then what is known of it. */
function plain(result: OperatorResult): string {
  const line = (row: Record<string, unknown>) => {
    const [first, ...others] = Object.entries(row).filter(
      ([, value]) => value !== undefined && value !== false,
    )
    return [String(first?.[1] ?? ''), ...others.map(([key, value]) => `${key}=${String(value)}`)].join('  ')
  }
  const rows = Object.values(result).find((value) => Array.isArray(value))
  return rows ? rows.map(line).join('\n') : line(result)
}
