/** The server part of a user ID (Matrix appendices, "Identifier Grammar"); empty for what is none. */
export function serverOf(userId: string): string {
  const at = userId.indexOf(':')
  return at < 0 ? '' : userId.slice(at + 1)
}
