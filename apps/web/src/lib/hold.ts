export interface HeldMember {
  userId: string
  /** the node's own sentence */
  reason?: { es: string; en: string }
  /** ms since the epoch: when this device first saw it */
  since?: number
}

/** Why nothing is sent to a room now. */
export type Hold =
  | { kind: 'not_encrypted' }
  /** It carries a case, and the room is no channel of the network. */
  | { kind: 'not_channel' }
  /** The node does not vouch for these members. */
  | { kind: 'unvouched'; members: HeldMember[] }
  /** The identities of these changed, and nobody here has accepted the new ones. */
  | { kind: 'identity'; members: HeldMember[] }

export class HeldError extends Error {
  readonly hold: Hold

  constructor(hold: Hold) {
    super(`Held back: ${hold.kind}.`)
    this.name = 'HeldError'
    this.hold = hold
  }
}
