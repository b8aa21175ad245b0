/** From the words of a command line to a command and its input. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import type { z } from 'zod'
import { areaNamed, commandNamed } from './areas.ts'
import type { Area, Command, Lang } from './types.ts'

export type CommandOption = {
  field: string
  /** as it is written: `display-name` */
  name: string
  type: 'string' | 'boolean'
  multiple: boolean
  positional: boolean
  required: boolean
}

const GLOBAL = {
  config: { type: 'string' },
  lang: { type: 'string' },
  json: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig

type Asked = { config?: string; lang: Lang; json: boolean; yes: boolean; help: boolean }
export type ParsedLine = Asked &
  (
    | { area?: Area; command?: Command; named?: undefined; problem: string }
    | { area: Area; command: Command; named: boolean; input: Record<string, unknown>; problem?: undefined }
  )

const kebab = (field: string) => field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** What a command takes, read off its schema. What comes from standard input is no option. */
export function optionsOf(command: Command): CommandOption[] {
  const places = command.positionals ?? []
  const options = Object.entries(command.input.shape)
    .filter(([field]) => field !== command.secret)
    .map(([field, schema]) => ({
      field,
      name: kebab(field),
      ...kindOf(schema as z.ZodType),
      positional: places.includes(field),
      required: !(schema as z.ZodType).safeParse(undefined).success,
    }))
  return options.sort((a, b) => placeOf(places, a) - placeOf(places, b))
}
const placeOf = (places: readonly string[], { field, positional }: CommandOption) =>
  positional ? places.indexOf(field) : places.length

function kindOf(schema: z.ZodType): { type: 'string' | 'boolean'; multiple: boolean } {
  const def = schema.def as { type: string; innerType?: z.ZodType }
  if (def.innerType) return kindOf(def.innerType)
  return { type: def.type === 'boolean' ? 'boolean' : 'string', multiple: def.type === 'array' }
}

/** Area and command come first; options of a command stand behind its name. */
export function parseLine(args: readonly string[]): ParsedLine {
  const first = parseArgs({
    args: [...args],
    options: GLOBAL,
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const lang = langOf(first.values.lang)
  const asked: Asked = {
    lang: lang ?? 'es',
    json: first.values.json === true,
    yes: first.values.yes === true,
    help: first.values.help === true,
    ...(typeof first.values.config === 'string' ? { config: first.values.config } : {}),
  }
  if (lang === undefined) return { ...asked, problem: '--lang: es | en' }
  // Behind an option of a command nobody knows yet whether a word is its value.
  const unknown = first.tokens.findIndex((one) => one.kind === 'option' && !Object.hasOwn(GLOBAL, one.name))
  const leading = unknown < 0 ? first.tokens : first.tokens.slice(0, unknown)
  const [areaWord, commandWord] = leading.flatMap((one) => (one.kind === 'positional' ? [one.value] : []))
  const area = areaWord === undefined ? undefined : areaNamed(areaWord)
  if (!area) return { ...asked, problem: areaWord ?? '' }
  const named = commandWord === undefined ? undefined : commandNamed(area, commandWord)
  const command = named ?? commandNamed(area, undefined)
  if (!command || (commandWord !== undefined && !named && !command.positionals?.length))
    return { ...asked, area, problem: [areaWord, commandWord].join(' ').trim() }
  const options = optionsOf(command)
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...GLOBAL,
        ...Object.fromEntries(
          options
            .filter(({ positional }) => !positional)
            .map(({ name, type, multiple }) => [name, { type, multiple }]),
        ),
      },
    })
    const words = positionals.slice(named ? 2 : 1)
    const input: Record<string, unknown> = {}
    for (const { field, name, positional, multiple } of options) {
      if (!positional && values[name as keyof typeof values] !== undefined)
        input[field] = values[name as keyof typeof values]
      else if (positional && multiple) input[field] = words.splice(0)
      else if (positional && words.length > 0) input[field] = words.shift()
    }
    if (words.length > 0) return { ...asked, area, command, problem: words.join(' ') }
    return { ...asked, area, command, named: named !== undefined, input }
  } catch (error) {
    return { ...asked, area, command, problem: (error as Error).message }
  }
}

/** Said on the line, otherwise by the machine; Spanish where it says neither. */
function langOf(said: string | boolean | undefined): Lang | undefined {
  if (said === 'es' || said === 'en') return said
  if (said !== undefined) return undefined
  const env = process.env['LC_ALL'] ?? process.env['LC_MESSAGES'] ?? process.env['LANG'] ?? ''
  return env.startsWith('en') ? 'en' : 'es'
}
