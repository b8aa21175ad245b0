/** Where a browser may be sent with a code (client-server API, "Redirect URI validation"; RFC 8252, section 7). */
import { isLoopback } from './base.ts'

/** Schemes with which a browser, or the page it is on, would do something itself. */
const NOT_PRIVATE =
  /^(?:https?|javascript|data|blob|file|about|vbscript|ftp|wss?|mailto|tel|intent|chrome|view-source):$/

/** @returns why it is not accepted */
export function redirectFault(
  redirect: string,
  home: URL,
  type: 'web' | 'native',
  loopbackNode: boolean,
): string | undefined {
  // What browsers and this parser read differently: controls, blanks, backslashes.
  if (!/^[\x21-\x7e]+$/.test(redirect) || redirect.includes('\\') || redirect.includes('*'))
    return 'only plain characters'
  if (redirect.includes('#')) return 'must have no fragment'
  const url = URL.parse(redirect)
  if (!url) return 'must be an address'
  if (url.username !== '' || url.password !== '' || /^[a-z][a-z0-9+.-]*:\/\/[^/?]*@/i.test(redirect))
    return 'must name no user'
  if (url.protocol === 'https:') return httpsFault(url, home)
  if (url.protocol === 'http:') {
    if (!isLoopback(url.hostname)) return 'must be https'
    if (type === 'native') return url.port === '' ? undefined : 'must name no port on the loopback'
    return loopbackNode && isLoopback(home.hostname) ? undefined : 'must be https'
  }
  if (type !== 'native' || NOT_PRIVATE.test(url.protocol)) return 'must be https'
  const reversed = home.hostname.split('.').reverse().join('.')
  const scheme = url.protocol.slice(0, -1)
  if (scheme !== reversed && !scheme.startsWith(`${reversed}.`))
    return 'the scheme must begin with the host of client_uri, reversed'
  if (/^[^:]*:\/\//.test(redirect)) return 'a scheme of its own has no host'
  return undefined
}

function httpsFault(url: URL, home: URL): string | undefined {
  if (isLoopback(url.hostname)) return 'https cannot be on the loopback'
  if (url.hostname !== home.hostname && !url.hostname.endsWith(`.${home.hostname}`))
    return 'must be on the host of client_uri'
  return undefined
}

/** Whether a person may be sent there with a login token (`m.login.sso`); the page names the place before. */
export function mayReturnTo(address: string): boolean {
  if (!/^[\x21-\x7e]+$/.test(address) || address.includes('\\')) return false
  const url = URL.parse(address)
  if (url?.username !== '' || url.password !== '') return false
  if (url.protocol === 'https:') return true
  if (url.protocol === 'http:') return isLoopback(url.hostname)
  return !NOT_PRIVATE.test(url.protocol)
}
