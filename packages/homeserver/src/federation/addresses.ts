/** The guard against private addresses: what a server name leads to is checked where the socket connects. */
import { promises as dns, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { createSecureContext, rootCertificates } from 'node:tls'
import ipaddr from 'ipaddr.js'
import { buildConnector } from 'undici'

export class ForbiddenAddress extends Error {
  readonly code = 'ENLACE_PRIVATE_ADDRESS'
}

export const withoutBrackets = (host: string): string => host.replace(/^\[|\]$/g, '')
export const isLiteral = (host: string): boolean => isIP(withoutBrackets(host)) !== 0
/** Names that are this machine, whatever DNS says (RFC 6761 §6.3). */
export const isLocalhostName = (host: string): boolean => /(^|\.)localhost\.?$/i.test(host)

/** Addresses that only a node allowed to (`allow_private_addresses`) may connect to: all but public unicast. */
export function isPrivate(address: string): boolean {
  if (!ipaddr.isValid(address)) return true
  return ipaddr.process(address).range() !== 'unicast'
}

/** Whether an address that somebody gives (of a browser, of a push gateway) may be kept at all; the socket checks again what its name leads to. */
export function isAllowedEndpoint(endpoint: string, allowPrivate: boolean): boolean {
  const host = withoutBrackets(new URL(endpoint).hostname)
  return allowPrivate || (isIP(host) === 0 ? !isLocalhostName(host) : !isPrivate(host))
}

/**
 * A DNS lookup for sockets. The address that is checked is the one connected to, so that a name cannot change its mind
 * in between.
 */
export function guardedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    const settle = (addresses: readonly LookupAddress[]) => {
      const allowed = addresses.filter((one) => allowPrivate || !isPrivate(one.address))
      const first = allowed[0]
      if (!first) {
        callback(new ForbiddenAddress(`${hostname} leads to no address this server may connect to`), '', 0)
      } else if (options.all)
        (callback as unknown as (error: null, list: LookupAddress[]) => void)(null, allowed)
      else callback(null, first.address, first.family)
    }
    if (isLocalhostName(hostname)) {
      // Not within this call: a socket is not ready for the answer yet.
      process.nextTick(settle, [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ])
      return
    }
    dns.lookup(hostname, { all: true }).then(settle, (error: NodeJS.ErrnoException) => callback(error, '', 0))
  }
}

/**
 * TLS connections under the system's authorities and `authorities` (PEM). The certificate must be for `servername`, or
 * the address when the server is named by one.
 */
export function guardedConnector(options: {
  allowPrivate: boolean
  authorities: readonly string[]
  timeoutMs: number
}) {
  const { allowPrivate, authorities, timeoutMs } = options
  const connect = buildConnector({
    lookup: guardedLookup(allowPrivate),
    timeout: timeoutMs,
    allowH2: false,
    // One context for all connections: parsing the authorities anew for each would cost more than the handshake.
    ...(authorities.length > 0
      ? {
          secureContext: createSecureContext({
            ca: [...rootCertificates, ...authorities],
            minVersion: 'TLSv1.2',
          }),
        }
      : {}),
  } as buildConnector.BuildOptions)
  return (to: buildConnector.Options, callback: buildConnector.Callback): void => {
    const host = withoutBrackets(to.hostname)
    // A literal address is connected to without any lookup.
    if (!allowPrivate && isLiteral(host) && isPrivate(host))
      callback(new ForbiddenAddress(`${host} is not an address this server may connect to`), null)
    else connect(to, callback)
  }
}
