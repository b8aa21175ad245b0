import type { z } from 'zod'
import type { Context } from '../context.ts'
import { badJson } from '../errors.ts'
import type { Command, CommandSpec, Here } from './types.ts'

/** A command whose input is looked at wherever it comes from: the command line, or the socket. */
export function command<S extends z.ZodObject>(spec: CommandSpec<S>): Command {
  const checked = (input: unknown): z.output<S> => {
    const parsed = spec.input.safeParse(input)
    if (parsed.success) return parsed.data
    throw badJson(issueOf(parsed.error))
  }
  if (spec.where === 'here')
    return { ...spec, run: (here: Here, input: unknown) => spec.run(here, checked(input)) }
  return { ...spec, run: (ctx: Context, input: unknown) => spec.run(ctx, checked(input)) }
}

export function issueOf(error: z.ZodError): string {
  const issue = error.issues[0]!
  const keys = issue.code === 'unrecognized_keys' ? ` (${issue.keys.join(', ')})` : ''
  return `${issue.path.join('.')}: ${issue.message}${keys}`
}
