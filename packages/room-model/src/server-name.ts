/** Server names in identifiers (appendices, "Server Name"). Needs no Node, so that a browser can ask too. */
const SERVER_NAME = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255})(?::[0-9]{1,5})?$/

export function parseServerName(value: unknown): string | undefined {
  return typeof value === 'string' && SERVER_NAME.test(value) ? value : undefined
}

/** The server part of a user ID, room alias or room ID; undefined where it has none (room IDs since version 12). */
export function serverNameOf(id: string): string | undefined {
  const colon = id.indexOf(':')
  return colon < 0 ? undefined : parseServerName(id.slice(colon + 1))
}
