/**
 * What an operator does to a node from the command line. A running node is asked through its socket, so that what is done
 * counts at once; of a stopped one the database is opened here.
 */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type Config, loadConfig } from './config.ts'
import { MatrixError } from './errors.ts'
import { openNode } from './index.ts'
import { parseLine } from './operator/arguments.ts'
import { askRunningNode } from './operator/ask-node.ts'
import { inputFault, messageOf, REFUSALS } from './operator/faults.ts'
import { plain } from './operator/plain.ts'
import { runOrder } from './operator/run-command.ts'
import { type Answer, type Command, EXIT, type Here, type Lang, type Order } from './operator/types.ts'
import {
  foundConfig,
  offeredConfig,
  saidConfig,
  whereMustBeSaid,
  whereToWrite,
  whichConfig,
} from './operator/which-config.ts'
import { helpAsData, helpFor } from './operator/words.ts'

export { homeserverHelp } from './operator/words.ts'

type Options = {
  /** Scripts of before know no `--yes`: only a person at a terminal is asked. */
  scriptsNeedYes?: boolean
}

/** @returns the exit code (`EXIT`) */
export async function runCommand(args: readonly string[], options: Options = {}): Promise<number> {
  const line = parseLine(args)
  const { lang, area, command, json } = line
  if (line.help || args.length === 0) {
    // Without the name of a command the area is asked about, though it would run one.
    const isOne = line.named === true || area?.commands.length === 1
    const about = isOne ? command : undefined
    console.log(json ? JSON.stringify(helpAsData(area, about)) : helpFor(lang, area, about))
    return EXIT.done
  }
  const refuse = refusing(line)
  if (line.problem !== undefined) return refuse('notUnderstood', line.problem)
  const { input } = line
  const secret = command!.secret
  const checked = command!.input.safeParse(secret === undefined ? input : { ...input, [secret]: '' })
  if (!checked.success) return refuse('notUnderstood', inputFault(checked.error, input!, lang))
  try {
    const ask = process.stdin.isTTY && !json ? askAtTerminal : undefined
    const configFile = await configFor(command!, line, ask)
    if (configFile === undefined)
      return refuse('noConfig', command!.founds ? whereMustBeSaid[lang] : whichConfig(lang))
    const here: Here = {
      configFile,
      lang,
      say: (said) => (json ? undefined : console.error(said)),
      ...(ask ? { ask } : {}),
    }
    const asks = command!.confirm && !line.yes && (ask !== undefined || options.scriptsNeedYes !== false)
    if (asks && !(await confirmed(here, command!.confirm![lang]))) return refuse('notConfirmed')
    const whole = secret === undefined ? input! : { ...input, [secret]: await readSecret() }
    const order = { area: area!.name, command: command!.name, input: whole }
    const answer = await run(command!, here, order)
    if (answer === undefined) return refuse('wrongState')
    console.log(json ? JSON.stringify(answer) : (command!.show?.(answer, lang) ?? plain(answer, lang)))
    return (answer.problems ?? 0) > 0 ? EXIT.problems : EXIT.done
  } catch (error) {
    if (json)
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

/** Said on the line or by the machine; where it is usually kept; or, of a first one, where whoever sits there wants it. */
async function configFor(
  command: Command,
  line: { config?: string; lang: Lang },
  ask: Here['ask'],
): Promise<string | undefined> {
  const said = saidConfig(line.config)
  if (said !== undefined) return said
  if (command.founds) return ask?.(whereToWrite[line.lang], { fallback: offeredConfig() })
  return foundConfig() ?? (command.alone ? '' : undefined)
}

/** With `--json` what is refused is a document too: one on the output, the sentence beside it for whoever looks on. */
function refusing({ lang, area, command, json }: ReturnType<typeof parseLine>) {
  return (refusal: keyof typeof REFUSALS, why?: string): number => {
    const { errcode, words, exit, help } = REFUSALS[refusal]
    const sentence = [words?.[lang], why].filter((part) => part !== undefined).join(': ')
    if (json) console.log(JSON.stringify({ errcode, error: sentence }))
    console.error(help && !json ? `${sentence}\n\n${helpFor(lang, area, command)}` : sentence)
    return exit
  }
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

const askAtTerminal: NonNullable<Here['ask']> = async (question, { hidden = false, fallback } = {}) => {
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
  if (process.stdin.isTTY) return askAtTerminal('Contraseña / Password:', { hidden: true })
  return (await text(process.stdin)).split('\n')[0]!
}
