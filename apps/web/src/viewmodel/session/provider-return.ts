/**
 * Going to an institution's own provider and coming back. Only what this tab began counts: a link with somebody else's token in
 * it would sign people in to a stranger's account.
 */
const KEPT = 'enlace.going'
const BACK = 'ingreso'

/** @returns the address to come back to */
export function goingOut(volatile: boolean): string {
  const nonce = crypto.randomUUID()
  sessionStorage.setItem(KEPT, JSON.stringify({ nonce, volatile }))
  return `${location.origin}/?${BACK}=${nonce}`
}

/** What this page was opened with, taken out of the address at once. `volatile`: as it was chosen before going. */
export function comingBack(): { token: string | undefined; volatile: boolean } | undefined {
  const query = new URLSearchParams(location.search)
  if (!query.has(BACK) && !query.has('loginToken')) return undefined
  history.replaceState(null, '', location.pathname)
  const kept = sessionStorage.getItem(KEPT)
  sessionStorage.removeItem(KEPT)
  const going = kept === null ? undefined : (JSON.parse(kept) as { nonce: string; volatile: boolean })
  if (going?.nonce !== query.get(BACK)) return undefined
  return { token: query.get('loginToken') ?? undefined, volatile: going.volatile }
}
