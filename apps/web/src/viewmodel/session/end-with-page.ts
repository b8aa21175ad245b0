import type { Session } from '../../model/session/types.ts'

/** On a public computer: whoever closes the page has signed out. Best effort; a session that is left ends by itself. */
export function endWithPage(baseUrl: string, tokens: Session['tokens']): void {
  addEventListener('pagehide', () => {
    const token = tokens.current()
    void fetch(`${baseUrl}/_matrix/client/v3/logout`, {
      method: 'POST',
      keepalive: true,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: '{}',
    }).catch(() => undefined)
  })
}
