/**
 * What an operator can do: areas of commands. A command says once what it takes; the command line, its help and the socket of
 * a running node follow from that.
 */
import type { BilingualText } from '@enlace/directory/text'
import type { z } from 'zod'
import type { Context } from '../context.ts'

export type Lang = 'es' | 'en'
/** What a command answers: JSON as it is with `--json`. `problems` other than 0 ends the program with code 3. */
export type Answer = Record<string, unknown> & { problems?: number }

/** A command as the socket takes it. */
export type Order = { area: string; command: string; input: Record<string, unknown> }

/** Codes with which the program ends: a contract for scripts. */
export const EXIT = {
  done: 0,
  refused: 1,
  notUnderstood: 2,
  problems: 3,
  wrongState: 4,
  notConfirmed: 5,
} as const

/** What a command that works without a node knows of its surroundings. */
export type Here = {
  configFile: string
  lang: Lang
  /** Asks whoever sits there; undefined where nobody does. */
  ask?: (question: string, options?: { hidden?: boolean; fallback?: string }) => Promise<string>
  /** A line while it works; silent with `--json`. */
  say(line: string): void
}

type Described = {
  name: string
  describe: BilingualText
  /** Fields of the input that are given by their place, in order. */
  positionals?: readonly string[]
  /** What an option is for, by its field. */
  options?: Readonly<Record<string, BilingualText>>
  /** Changes nothing: not written into the audit log. */
  reads?: true
  /** Of a command `here`: for whoever has a file and no node. No configuration is asked for. */
  alone?: true
  /** Of a command `here`: it writes the configuration. Where there is none it is asked where to. */
  founds?: true
  /** Asked before it is done, unless `--yes` says so. */
  confirm?: BilingualText
  /** A field that is read from standard input, never from the command line, which others can see. */
  secret?: string
  /** What is printed without `--json`; otherwise a line for each thing. */
  show?(answer: Answer, lang: Lang): string
}
type Where<C> =
  /** On the running node, or on the stopped one, whose database is then opened. */
  | { where: 'node'; run(ctx: Context, input: C): Promise<Answer> }
  /** Only on a running node. */
  | { where: 'running'; run(ctx: Context, input: C): Promise<Answer> }
  /** Without a node: files, the network, a folder. */
  | { where: 'here'; run(here: Here, input: C): Promise<Answer> }

export type CommandSpec<S extends z.ZodObject> = Described & { input: S } & Where<z.output<S>>
export type Command = Described & { input: z.ZodObject } & Where<unknown>

export type Area = {
  name: string
  describe: BilingualText
  commands: readonly Command[]
  /** The command that is meant when none is named. */
  main?: string
}
