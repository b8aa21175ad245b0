/** `@ana:hn.example:8448` is of the server `hn.example:8448`. */
export function serverNameOf(userId: string): string {
  return userId.slice(userId.indexOf(':') + 1)
}

/** The name a person has on their own server. */
export function localpartOf(userId: string): string {
  return /^@([^:]+):/.exec(userId)?.[1] ?? userId
}
