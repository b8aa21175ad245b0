/** notices/: browsers are told that there is something to read. */
export interface Notices {
  /** Nobody waits to be told. */
  settled(): Promise<void>
  close(): Promise<void>
}
