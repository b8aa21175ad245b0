import type { Socket } from 'socket.io'
import {
  type ClientToServerEvents,
  type ServerToClientEvents,
  type Subscription,
  WINDOW,
} from './contract.ts'

export type Identity = {
  userId: string
  deviceId: string /** ms since the epoch, or infinity */
  expiresAt: number
}

type ServerSocket = Socket<ClientToServerEvents, ServerToClientEvents>

export class Session {
  readonly socket: ServerSocket
  identity: Identity
  subscription: Subscription | undefined
  /** Token up to which everything was pushed, or did not concern this device. */
  since = ''
  /** The newest token the device is known to have. */
  arrived = ''
  /** Tokens of the pushes not acknowledged yet, oldest first. */
  unacknowledged: string[] = []
  pushed = 0
  acknowledged = 0
  /** A body is being computed: what happens meanwhile is in the next one. */
  busy = false
  again = false

  constructor(socket: ServerSocket, identity: Identity) {
    this.socket = socket
    this.identity = identity
  }

  /** Caught up and taking pushes: what is published next can be handed over as it is. */
  get live(): boolean {
    return (
      this.subscription !== undefined && !this.busy && !this.again && this.pushed - this.acknowledged < WINDOW
    )
  }
}
