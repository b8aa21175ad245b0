/** Help of the operator's commands, made from what the commands say of themselves: Spanish first. */

import { areas } from './areas.ts'
import { type CommandOption, optionsOf } from './arguments.ts'
import { type Area, type Command, EXIT, type Lang } from './types.ts'

const ENDS: Record<keyof typeof EXIT, Record<Lang, string>> = {
  done: { es: 'hecho', en: 'done' },
  refused: { es: 'no se pudo, y se dice por qué', en: 'could not be done, and why is said' },
  notUnderstood: { es: 'la orden no se entiende', en: 'the command is not understood' },
  problems: { es: 'se miró, y algo no está bien', en: 'it was looked at, and something is wrong' },
  wrongState: {
    es: 'hace falta el nodo en marcha (o parado)',
    en: 'the node must run for this (or must be stopped)',
  },
  notConfirmed: { es: 'no se confirmó: repita con --yes', en: 'not confirmed: repeat with --yes' },
}

const GLOBAL: Record<string, Record<Lang, string>> = {
  '--config FILE': {
    es: 'la configuración del nodo (o la variable ENLACE_CONFIG)',
    en: 'the node’s configuration (or the variable ENLACE_CONFIG)',
  },
  '--json': { es: 'contesta en JSON', en: 'answers as JSON' },
  '--lang es|en': { es: 'idioma de las respuestas', en: 'language of the answers' },
  '--yes': {
    es: 'no pregunta antes de lo que no se deshace',
    en: 'does not ask before what cannot be undone',
  },
  '--help': { es: 'esta ayuda', en: 'this help' },
}

type Head = 'usage' | 'place' | 'areas' | 'commands' | 'main' | 'options' | 'always' | 'ends' | 'more'
const HEAD: Record<Head, Record<Lang, string>> = {
  usage: { es: 'Uso', en: 'Usage' },
  place: { es: 'ÁREA ORDEN', en: 'AREA COMMAND' },
  main: { es: 'Sin orden', en: 'Without a command' },
  areas: { es: 'Áreas', en: 'Areas' },
  commands: { es: 'Órdenes', en: 'Commands' },
  options: { es: 'Opciones', en: 'Options' },
  always: { es: 'Con todas', en: 'With all of them' },
  ends: { es: 'Termina con', en: 'Ends with' },
  more: {
    es: 'enlace ÁREA --help y enlace ÁREA ORDEN --help dicen más.',
    en: 'enlace AREA --help and enlace AREA COMMAND --help say more.',
  },
}

/** Of everything, an area or one command. */
export function helpFor(lang: Lang, area?: Area, command?: Command): string {
  const [areaWord, commandWord] = HEAD.place[lang].split(' ')
  const call = ['enlace [--config FILE]', area?.name ?? areaWord, command ? callOf(command) : commandWord]
  const lines = [`${HEAD.usage[lang]}: ${call.join(' ')}`, '']
  if (command) {
    lines.push(command.describe[lang])
    const options = optionsOf(command).filter(({ positional }) => !positional)
    if (options.length > 0)
      lines.push('', `${HEAD.options[lang]}:`, ...table(options.map(optionRow(command, lang))))
  } else if (area) {
    lines.push(area.describe[lang], '', `${HEAD.commands[lang]}:`)
    lines.push(...table(area.commands.map((one) => [callOf(one), one.describe[lang]])))
    if (area.main !== undefined) lines.push('', `${HEAD.main[lang]}: ${area.main}`)
  } else {
    lines.push(`${HEAD.areas[lang]}:`, ...table(areas.map((one) => [one.name, one.describe[lang]])))
    lines.push('', HEAD.more[lang])
  }
  lines.push('', `${HEAD.always[lang]}:`)
  lines.push(...table(Object.entries(GLOBAL).map(([option, words]) => [option, words[lang]])))
  lines.push('', `${HEAD.ends[lang]}:`)
  lines.push(
    ...table(
      Object.entries(ENDS).map(([end, words]) => [String(EXIT[end as keyof typeof EXIT]), words[lang]]),
    ),
  )
  return lines.join('\n')
}

/** The same for programs: the names of both languages, and what is required. */
export function helpAsData(area?: Area, command?: Command): Record<string, unknown> {
  const commands = (of: Area) =>
    (command ? [command] : of.commands).map((one) => ({
      name: one.name,
      describe: one.describe,
      where: one.where,
      changes: one.reads !== true,
      confirms: one.confirm !== undefined,
      options: optionsOf(one).map(({ field, name, type, multiple, positional, required }) => ({
        name,
        type,
        multiple,
        positional,
        required,
        ...(one.options?.[field] ? { describe: one.options[field] } : {}),
      })),
    }))
  return {
    areas: (area ? [area] : areas).map((one) => ({
      name: one.name,
      describe: one.describe,
      ...(one.main === undefined ? {} : { main: one.main }),
      commands: commands(one),
    })),
    ends: EXIT,
  }
}

/** How a node is run, and the accounts commands in both languages: help of `npm run homeserver`. */
export const homeserverHelp = (): string => {
  const accounts = areas.find(({ name }) => name === 'accounts')
  const both = (['es', 'en'] as const).map((lang) => helpFor(lang, accounts))
  return [
    `${HEAD.usage.es} / ${HEAD.usage.en}:`,
    '  npm run homeserver -- --config FILE.yaml',
    '  npm run homeserver -- --config FILE.yaml account ORDEN [NOMBRE] [--json]',
    '  npm run enlace -- --help',
    '',
    both.join('\n\n'),
  ].join('\n')
}

const optionRow = (command: Command, lang: Lang) => (option: CommandOption) =>
  [
    `--${option.name}${option.type === 'string' ? ' …' : ''}`,
    command.options?.[option.field]?.[lang] ?? '',
  ] as const

function callOf(command: Command): string {
  const options = optionsOf(command).map(({ name, type, positional, required }) => {
    const text = positional ? name.toUpperCase() : `--${name}${type === 'string' ? ' …' : ''}`
    return required ? text : `[${text}]`
  })
  return [command.name, ...options].join(' ')
}

function table(rows: readonly (readonly [string, string] | readonly string[])[]): string[] {
  const width = Math.min(36, Math.max(...rows.map(([first]) => first!.length)))
  return rows.map(([first, second]) =>
    first!.length > width
      ? `  ${first}\n  ${' '.repeat(width)}  ${second}`
      : `  ${first!.padEnd(width)}  ${second}`.trimEnd(),
  )
}
