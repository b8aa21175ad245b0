/** Hears from the registry, over Socket.IO, that something new is published. It is fetched and verified like everything. */
import { io } from 'socket.io-client'

/** However often the registry calls. */
const SHORTEST_MS = 1_000

/** @param url of `/federation-list` @returns how to stop listening */
export function listenForLists(url: string, refresh: () => Promise<void>): () => void {
  const base = new URL('trust/socket.io', url)
  const socket = io(base.origin, {
    path: base.pathname,
    transports: ['websocket'],
    reconnectionDelay: 1_000,
    reconnectionDelayMax: 60_000,
    // Nodes that lost a registry do not all come back at once.
    randomizationFactor: 0.5,
  })
  let last = 0
  let waiting: NodeJS.Timeout | undefined
  socket.on('published', () => {
    // Not at once when it was just looked at; but always once more after the last call.
    waiting ??= setTimeout(
      () => {
        waiting = undefined
        last = Date.now()
        void refresh()
      },
      Math.max(0, last + SHORTEST_MS - Date.now()),
    )
  })
  return () => {
    clearTimeout(waiting)
    socket.disconnect()
  }
}
