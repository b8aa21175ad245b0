/** digests/: mail for whoever is away, and a coordinator's week. */
export interface Digests {
  /** Looks whether anybody has to be written to. What was written once is not written again. */
  run(): Promise<void>
}
