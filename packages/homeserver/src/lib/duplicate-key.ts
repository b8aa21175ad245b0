/** The database's answer to a second row with the same unique key. */
const DUPLICATE_KEY = 11_000

/** True for a violation of a unique index, whatever the driver wraps it in. */
export const isDuplicateKey = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === DUPLICATE_KEY
