/**
 * What an operator does to a node from the command line. A running node is asked through its socket, so that what is done
 * counts at once; of a stopped one the database is opened here.
 */
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type Config, loadConfig } from './config.ts'
import { MatrixError } from './errors.ts'
import { openNode } from './index.ts'
import { parseLine } from './operator/arguments.ts'
import { askRunningNode } from './operator/ask-node.ts'
import { inputFault, messageOf, whichConfig } from './operator/faults.ts'
import { plain } from './operator/plain.ts'
import { runOrder } from './operator/run-command.ts'
import { type Answer, type Command, EXIT, type Here, type Lang, type Order } from './operator/types.ts'
import { helpFor } from './operator/words.ts'

export { homeserverHelp } from './operator/words.ts'

const USUAL_CONFIG = '/etc/enlace/node.yaml'

type Options = {
  /** Scripts of before know no `--yes`: only a person at a terminal is asked. */
  scriptsNeedYes?: boolean
}

/** @returns the exit code (`EXIT`) */
export async function runCommand(args: readonly string[], options: Options = {}): Promise<number> {
  const line = parseLine(args)
  const { lang, area, command } = line
  if (line.help || args.length === 0) {
    // Without the name of a command the area is asked about, though it would run one.
    const isOne = line.named === true || area?.commands.length === 1
    console.log(helpFor(lang, area, isOne ? command : undefined))
    return EXIT.done
  }
  if (line.problem !== undefined) return notUnderstood(line.problem, lang, line)
  const { input } = line
  const secret = command!.secret
  const checked = command!.input.safeParse(secret === undefined ? input : { ...input, [secret]: '' })
  if (!checked.success) return notUnderstood(inputFault(checked.error, input!, lang), lang, line)
  const configFile =
    line.config ?? process.env['ENLACE_CONFIG'] ?? usualConfig() ?? (command!.alone ? '' : undefined)
  if (configFile === undefined) return notUnderstood(whichConfig[lang], lang, line)
  try {
    const here = surroundings(configFile, lang, line.json)
    const asks = command!.confirm && !line.yes && (here.ask !== undefined || options.scriptsNeedYes !== false)
    if (asks && !(await confirmed(here, command!.confirm![lang]))) {
      console.error(
        lang === 'es'
          ? 'No se hizo nada. Repita con --yes si está seguro.'
          : 'Nothing was done. Repeat with --yes if you are sure.',
      )
      return EXIT.notConfirmed
    }
    const whole = secret === undefined ? input! : { ...input, [secret]: await readSecret() }
    const order = { area: area!.name, command: command!.name, input: whole }
    const answer = await run(command!, here, order)
    if (answer === undefined) {
      console.error(
        lang === 'es'
          ? 'El nodo no está en marcha, y esta orden lo necesita así.'
          : 'The node is not running, and this command needs it so.',
      )
      return EXIT.wrongState
    }
    console.log(line.json ? JSON.stringify(answer) : (command!.show?.(answer, lang) ?? plain(answer, lang)))
    return (answer.problems ?? 0) > 0 ? EXIT.problems : EXIT.done
  } catch (error) {
    if (line.json)
      console.log(
        JSON.stringify(
          error instanceof MatrixError ? error : { errcode: 'M_UNKNOWN', error: messageOf(error, lang) },
        ),
      )
    console.error(messageOf(error, lang))
    return error instanceof MatrixError && error.errcode === 'ORG.ENLACE.WRONG_STATE'
      ? EXIT.wrongState
      : EXIT.refused
  }
}

function notUnderstood(why: string, lang: Lang, { area, command }: ReturnType<typeof parseLine>): number {
  const said = lang === 'es' ? 'No se entiende' : 'Not understood'
  console.error(`${said}: ${why}\n\n${helpFor(lang, area, command)}`)
  return EXIT.notUnderstood
}

async function run(command: Command, here: Here, order: Order): Promise<Answer | undefined> {
  if (command.where === 'here') return command.run(here, order.input)
  const config = await loadConfig(here.configFile)
  const answer = await askRunningNode(config.data_dir, order)
  if (answer !== undefined || command.where === 'running') return answer
  return runStopped(config, order)
}

async function runStopped(config: Config, order: Order): Promise<Answer> {
  const node = await openNode({ ...config, log_level: 'silent' })
  try {
    return await runOrder(node.ctx, order)
  } finally {
    await node.close()
  }
}

const usualConfig = () => (existsSync(USUAL_CONFIG) ? USUAL_CONFIG : undefined)

function surroundings(configFile: string, lang: Lang, json: boolean): Here {
  return {
    configFile,
    lang,
    say: (line) => (json ? undefined : console.error(line)),
    ...(process.stdin.isTTY && !json ? { ask } : {}),
  }
}

const ask: NonNullable<Here['ask']> = async (question, { hidden = false, fallback } = {}) => {
  const shown = fallback === undefined ? `${question} ` : `${question} [${fallback}] `
  process.stderr.write(shown)
  // What is secret is not shown while it is typed.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({
    input: process.stdin,
    output: hidden ? silent : process.stderr,
    terminal: true,
  })
  try {
    const said = (await reader.question('')).trim()
    if (hidden) process.stderr.write('\n')
    return said === '' && fallback !== undefined ? fallback : said
  } finally {
    reader.close()
  }
}

async function confirmed({ ask, lang }: Here, question: string): Promise<boolean> {
  if (!ask) return false
  const said = await ask(`${question} ${lang === 'es' ? '(sí/no)' : '(yes/no)'}`)
  return /^(s|sí|si|y|yes)$/i.test(said)
}

async function readSecret(): Promise<string> {
  if (process.stdin.isTTY) return ask('Contraseña / Password:', { hidden: true })
  return (await text(process.stdin)).split('\n')[0]!
}
