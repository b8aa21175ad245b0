/** What a node tells its operator of itself: the request a line belongs to, and figures. */

/** A request under way, over HTTP or a socket. */
export type RequestScope = {
  readonly id: string
  /** Pattern of the endpoint, never the path itself: paths carry rooms, people and tokens. */
  route: string
  /** Who acts, for the audit log: a user id, or `operator`. Never written to the log of lines. */
  actor?: string
  /** A pseudonym of the account, see `pseudonym`. */
  who?: string
  /** The partner server that asks. */
  origin?: string
  /** Monotonic ms; what goes on afterwards was only set off by it. */
  endedAt?: number
}

export type FinishedRequest = {
  method: string
  via: 'http' | 'socket'
  /** `aborted`: whoever asked went away before the answer was complete. */
  status: number | 'aborted'
  ms: number
  /** Written to the connection, headers included. */
  bytes?: number
}

export type Reading = { label: string; value: number }

export interface Metrics {
  request(about: { method: string; route: string; via: string; status: number | 'aborted' }, ms: number): void
  rateLimited(bucket: string): void
  /** `refused`: the partner answered, with an error. `listed`: it is on the federation list, so it gets a label at once. */
  federationRequest(
    about: { destination: string; listed: boolean; outcome: 'answered' | 'refused' | 'unreachable' },
    ms: number,
  ): void
  databaseCommand(about: { command: string; collection: string; ok: boolean }, ms: number): void
  /** Counts what is open now; several sources of one kind add up. Returns how to leave it out again. */
  countOpen(kind: 'realtime' | 'http', read: () => number | Promise<number>): () => void
  /** A figure that is read when figures are asked for. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void
  /** The same for each of few: at most 100, the rest is left out. */
  gaugeOfEach(name: string, help: string, label: string, read: () => Reading[] | Promise<Reading[]>): void
  /** Text for Prometheus, and its content type. */
  render(): Promise<{ type: string; text: string }>
}
