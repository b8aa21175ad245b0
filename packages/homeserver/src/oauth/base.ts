/** Under which address this node is an OAuth provider. */
import type { Config } from '../config.ts'
import type { Incoming } from './types.ts'

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
export const isLoopback = (hostname: string): boolean => LOOPBACK.has(hostname)

/**
 * `public_base_url`, or this machine when it is asked over its loopback: never what a request merely calls its host, so that
 * no link and no cookie goes where a stranger wants. Plain http counts on the loopback alone.
 */
export function baseOf(config: Pick<Config, 'public_base_url' | 'oauth'>, req: Incoming): string | undefined {
  if (config.oauth.offered === 'off') return undefined
  if (config.public_base_url !== undefined) {
    const { origin, protocol, hostname } = new URL(config.public_base_url)
    return protocol === 'https:' || isLoopback(hostname) ? origin : undefined
  }
  const match = /^(localhost|127\.0\.0\.1|\[::1\]):(\d+)$/.exec(req.headers.host ?? '')
  if (!match || req.secure || Number(match[2]) !== req.socket.localPort) return undefined
  return `http://${match[0]}`
}

/** Whether the node itself is at home on this machine: then clients that are may be, too. */
export const isLoopbackNode = (config: Pick<Config, 'public_base_url'>): boolean =>
  config.public_base_url === undefined || isLoopback(new URL(config.public_base_url).hostname)

/** Before anybody came: the port of the configuration, where it names one. */
export function loopbackBase(config: Pick<Config, 'listeners'>): string | undefined {
  const port = config.listeners.find((one) => one.serves.includes('client') && !one.tls)?.port
  return port === undefined || port === 0 ? undefined : `http://localhost:${port}`
}
