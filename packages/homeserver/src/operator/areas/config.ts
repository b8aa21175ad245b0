/** The configuration: whether a file is good, what it would change, making it count. */
import { z } from 'zod'
import { type Config, configFileOf, loadConfig } from '../../config.ts'
import { isLive } from '../../settings/settings.ts'
import { command } from '../command.ts'
import type { Area } from '../types.ts'

const none = z.strictObject({})
const SECRET = /token|secret|password|passphrase|recipient|^url$|^uri$/i

export const configArea: Area = {
  name: 'config',
  describe: { es: 'La configuración', en: 'The configuration' },
  main: 'check',
  commands: [
    command({
      name: 'check',
      describe: {
        es: 'Si el archivo es válido; no cambia nada',
        en: 'Whether the file is valid; changes nothing',
      },
      where: 'here',
      reads: true,
      input: none,
      async run({ configFile }) {
        const config = await loadConfig(configFile)
        return { valid: true, server_name: config.server_name, live: Object.keys(config).filter(isLive) }
      },
    }),
    command({
      name: 'plan',
      describe: {
        es: 'Qué cambiaría en el nodo en marcha, y qué necesita reiniciarlo',
        en: 'What would change on the running node, and what needs a restart',
      },
      where: 'running',
      reads: true,
      input: none,
      run: async (ctx) => ({ ...(await ctx.settings.plan()) }),
    }),
    command({
      name: 'apply',
      describe: {
        es: 'Hace valer el archivo sin reiniciar (como SIGHUP): todo o nada',
        en: 'Makes the file count without a restart (as SIGHUP does): all or nothing',
      },
      where: 'running',
      input: none,
      run: async (ctx) => ({ ...(await ctx.settings.apply('operator')) }),
    }),
    command({
      name: 'show',
      describe: { es: 'Lo que vale ahora, sin secretos', en: 'What counts now, without secrets' },
      where: 'node',
      reads: true,
      input: none,
      run: async (ctx) => ({ file: configFileOf(ctx.config) ?? null, config: shownConfig(ctx.config) }),
      show: (answer) => JSON.stringify(answer['config'], undefined, 2),
    }),
  ],
}

/** With secrets struck out: tokens, passwords, and addresses that carry them. */
export function shownConfig(config: Config): Record<string, unknown> {
  return struck(config) as Record<string, unknown>
}

function struck(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    if (/^[a-z+]+:\/\//i.test(value)) return withoutPassword(value)
    return SECRET.test(key) && !key.endsWith('_file') ? '***' : value
  }
  if (Array.isArray(value)) return value.map((one) => struck(one, key))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, struck(one, name)]))
  return value
}

/** The host is what an operator needs; a name, a password or a query may be a secret. */
function withoutPassword(address: string): string {
  const match = /^([a-z+]+:\/\/)(?:[^@/]*@)?([^?#]*)/i.exec(address)
  return match ? `${match[1]}${match[2]}` : '***'
}
