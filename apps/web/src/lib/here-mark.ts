/**
 * A cookie: somebody is signed in on this browser. It names nobody, and stays where a phone clears away all that a page keeps to have
 * room, so that the page can say what happened.
 */
const MARK = 'enlace_here'
const MARK_SECONDS = 90 * 86_400

export function markHere(yes: boolean): void {
  if (typeof document === 'undefined') return
  const secure = location.protocol === 'https:' ? '; Secure' : ''
  // biome-ignore lint/suspicious/noDocumentCookie: the cookie store is not in every browser, and answers later
  document.cookie = `${MARK}=1; Path=/; SameSite=Strict; Max-Age=${yes ? MARK_SECONDS : 0}${secure}`
}

export const isMarkedHere = (): boolean =>
  typeof document !== 'undefined' && document.cookie.split('; ').includes(`${MARK}=1`)
