/** Scopes of the client-server API ("Scope"), also by the names they had before they were stable (MSC2967). */
export const API_SCOPES = ['urn:matrix:client:api:*', 'urn:matrix:org.matrix.msc2967.client:api:*'] as const
/** What the scopes are of; the same under every address of the node. */
export const API_RESOURCE = 'urn:matrix:client'
const DEVICE = ['urn:matrix:client:device:', 'urn:matrix:org.matrix.msc2967.client:device:'] as const

/** As short as the specification says is enough, and nothing that needs quoting anywhere. */
const DEVICE_ID = /^[A-Za-z0-9._~-]{8,64}$/

export type AskedScope = { deviceId: string; scope: string }

/** What is asked for, if it is the whole API on exactly one device; nothing less is given here. */
export function askedScope(scope: unknown): AskedScope | undefined {
  if (typeof scope !== 'string') return undefined
  const all = scope.split(' ').filter((one) => one !== '')
  const api = all.filter((one) => API_SCOPES.some((known) => known === one))
  const devices = all.flatMap((one) => {
    const prefix = DEVICE.find((known) => one.startsWith(known))
    return prefix === undefined ? [] : [{ token: one, id: one.slice(prefix.length) }]
  })
  const ids = new Set(devices.map(({ id }) => id))
  const [deviceId] = ids
  if (api.length === 0 || ids.size !== 1 || deviceId === undefined || !DEVICE_ID.test(deviceId))
    return undefined
  const openid = all.includes('openid') ? ['openid'] : []
  return { deviceId, scope: [...openid, ...api, ...devices.map(({ token }) => token)].join(' ') }
}
