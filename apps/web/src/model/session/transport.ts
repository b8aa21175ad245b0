import { type ConnectionState, createRealtimeTransport } from '@enlace/realtime/transport'
import type { OutgoingGate } from '../trust/types.ts'
import type { Tokens } from './types.ts'

/**
 * The one seam to the network: a `fetch` for the SDK and for our own endpoints. Below it, Socket.IO or plain HTTP;
 * above that, the gate that lets nothing out unencrypted, and the access token, which callers need not know: whatever token a request carries, the current one is sent.
 */
export interface Transport {
  fetch: typeof fetch
  readonly state: ConnectionState
  onState(listener: (state: ConnectionState) => void): () => void
  close(): void
}

export type { ConnectionState }

export function createTransport(
  baseUrl: string,
  tokens: Tokens,
  gate: Pick<OutgoingGate, 'guard'>,
  onSuspended?: () => void,
): Transport {
  const realtime = createRealtimeTransport({ baseUrl })
  return {
    fetch: withTokens(gate.guard(realtime.fetchFn), tokens, onSuspended),
    get state() {
      return realtime.state
    },
    onState: (listener) => realtime.onState(listener),
    close: () => realtime.close(),
  }
}

/** Sends requests that carry a token with the current one, and repeats once with a new one when it had ended. */
export function withTokens(send: typeof fetch, tokens: Tokens, onSuspended?: () => void): typeof fetch {
  return async (resource, init) => {
    const headers = new Headers(init?.headers ?? (resource instanceof Request ? resource.headers : undefined))
    if (!headers.has('Authorization')) return send(resource, init)
    await tokens.ensureFresh()
    const used = tokens.current()
    headers.set('Authorization', `Bearer ${used}`)
    const response = await send(resource, { ...init, headers })
    if (response.status === 403 && onSuspended && (await codeOf(response.clone())) === 'M_USER_SUSPENDED')
      onSuspended()
    if (response.status !== 401 || !(await isUnknownToken(response.clone()))) return response
    let another: boolean
    try {
      another = await tokens.recover(used)
    } catch {
      // Not renewed because the network failed: for the caller this is a network failure, not the end of the session.
      throw new TypeError('The session could not be renewed: no connection.')
    }
    if (!another) return response
    headers.set('Authorization', `Bearer ${tokens.current()}`)
    return send(resource, { ...init, headers })
  }
}

const isUnknownToken = async (response: Response) => (await codeOf(response)) === 'M_UNKNOWN_TOKEN'

async function codeOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json().catch(() => undefined)
  return typeof body === 'object' && body !== null && 'errcode' in body ? body.errcode : undefined
}
