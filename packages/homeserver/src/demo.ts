/**
 * What only a node for trying Enlace out may do, on one machine: let officials and coordinators in with the password alone. In the
 * network they have a second factor, always; the file of a real node cannot switch it off. A demo has a name that leads to its own
 * machine and nowhere else, and tells everybody who looks at how it stands.
 */

import { isIP } from 'node:net'
import type { BilingualText } from '@enlace/directory/text'
import ipaddr from 'ipaddr.js'
import { isLocalhostName } from './federation/addresses.ts'

/** Longer than this nobody who speaks for an institution may go without, from when they were first asked. */
const MAX_DEADLINE_DAYS = 30

/** Whether a server of this name is reached from its own machine alone (RFC 6761, loopback addresses). */
export function isLocalName(serverName: string): boolean {
  const host = serverName.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  return isIP(host) === 0 ? isLocalhostName(host) : ipaddr.process(host).range() === 'loopback'
}

type Demands = { official?: string | undefined; coordinator?: string | undefined }
/** Of a configuration, what is looked at. */
type Asked = {
  demo: 'on' | 'off'
  server_name: string
  sign_in: { second_factor: Demands; by_institution: Record<string, Demands>; deadline_days: number }
}

/** Keys under which somebody who speaks for an institution may come in with the password alone. */
function weakKeys({ sign_in }: Asked): string[] {
  const places = [
    ['sign_in.second_factor', sign_in.second_factor] as const,
    ...Object.entries(sign_in.by_institution).map(
      ([key, own]) => [`sign_in.by_institution.${key}`, own] as const,
    ),
  ]
  return places.flatMap(([at, demands]) =>
    (['official', 'coordinator'] as const)
      .filter((role) => demands[role] === 'optional')
      .map((role) => `${at}.${role}`),
  )
}

/** Whether a configuration makes a node for trying Enlace out: it says so, or does what only such a node may. */
export const isDemo = (config: Asked): boolean => config.demo === 'on' || weakKeys(config).length > 0

/** What a configuration says that its node may not do; undefined: nothing. */
export function demoFault(config: Asked): BilingualText | undefined {
  const { demo, server_name, sign_in } = config
  if (isLocalName(server_name)) return undefined
  if (demo === 'on')
    return {
      es: `demo: solo para probar en una máquina, con server_name localhost o *.localhost; ${server_name} es el nombre de un servidor de verdad. Quite la línea demo`,
      en: `demo: only for trying it on one machine, with a server_name of localhost or *.localhost; ${server_name} is the name of a real server. Take the line demo out`,
    }
  const weak = weakKeys(config)
  if (weak.length > 0)
    return {
      es: `${weak.join(', ')}: oficiales y coordinación tienen siempre un segundo paso; ponga required, o asked, que da un plazo`,
      en: `${weak.join(', ')}: officials and coordinators always have a second factor; set required, or asked, which gives a deadline`,
    }
  if (sign_in.deadline_days > MAX_DEADLINE_DAYS)
    return {
      es: `sign_in.deadline_days: a lo más ${MAX_DEADLINE_DAYS} días; oficiales y coordinación no pueden estar más tiempo sin un segundo paso`,
      en: `sign_in.deadline_days: ${MAX_DEADLINE_DAYS} days at most; officials and coordinators cannot be without a second factor for longer`,
    }
  return undefined
}

/** Said in the log, on the status page and by `enlace diagnose`. */
export const DEMO_WORDS: BilingualText = {
  es: 'Este servidor es una demostración: oficiales y coordinación pueden entrar con la contraseña sola. No ponga en él datos de nadie. Para usarlo de verdad, quien lo administra lo instala con su propio nombre.',
  en: 'This server is a demonstration: officials and coordinators may sign in with the password alone. Put nobody’s data into it. For real use its operator installs it under a name of its own.',
}
