/** Which configuration a command is about, when the line does not say. */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Lang } from './types.ts'

/** Where it is usually kept, first come first served: of the packages and images, and beside whoever types. */
const USUAL = ['/etc/enlace/node.yaml', 'node.yaml']
/** Where the demo network keeps its nodes' (`npm start`). */
const DEMO = '.enlace'

/** An empty variable is as none. */
export const saidConfig = (said: string | undefined): string | undefined =>
  said || process.env['ENLACE_CONFIG'] || undefined

export const foundConfig = (): string | undefined => USUAL.find((file) => existsSync(file))

/** Where `setup` offers to write it: where it is looked for later, and where this user may write. */
export function offeredConfig(): string {
  const [shared, own] = USUAL as [string, string]
  return process.getuid?.() === 0 || existsSync(shared) ? shared : resolve(own)
}

export const whereToWrite: Readonly<Record<Lang, string>> = {
  es: '¿Dónde se guarda la configuración? (Enter: el lugar entre corchetes)',
  en: 'Where shall the configuration be kept? (Enter: the place in brackets)',
}

export function whichConfig(lang: Lang): string {
  const places = [...USUAL.slice(0, 1), ...USUAL.slice(1).map((file) => resolve(file))]
  const demo = demoConfigs()
  return lang === 'es'
    ? [
        `No se encontró la configuración del nodo: no está en ${places.join(' ni en ')}.`,
        'Diga cuál es con --config ARCHIVO (o con la variable ENLACE_CONFIG).',
        ...(demo.length > 0 ? [`De la red de demostración hay: ${demo.join(', ')}.`] : []),
        'Si todavía no hay ninguna: enlace --config ARCHIVO setup la crea con diez preguntas.',
      ].join(' ')
    : [
        `The node’s configuration was not found: it is not at ${places.join(' nor at ')}.`,
        'Say which it is with --config FILE (or with the variable ENLACE_CONFIG).',
        ...(demo.length > 0 ? [`Of the demo network there are: ${demo.join(', ')}.`] : []),
        'If there is none yet: enlace --config FILE setup makes it with ten questions.',
      ].join(' ')
}

export const whereMustBeSaid: Readonly<Record<Lang, string>> = {
  es: 'No hay quien conteste dónde se guarda la configuración: diga --config ARCHIVO, por ejemplo --config /etc/enlace/node.yaml.',
  en: 'Nobody is there to say where the configuration shall be kept: say --config FILE, such as --config /etc/enlace/node.yaml.',
}

function demoConfigs(): string[] {
  try {
    return readdirSync(DEMO)
      .filter((name) => name.endsWith('.yaml') && name !== 'registry.yaml')
      .map((name) => join(DEMO, name))
  } catch {
    return []
  }
}
