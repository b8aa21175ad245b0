/** A device that asks to be let in by its code (RFC 8628), looked at and decided in a session of Enlace's own client. */
import type { DeviceCode } from 'oidc-provider'
import type { Context } from '../context.ts'
import { policyRefusal } from '../errors.ts'
import { networkKey } from '../http/rate-limit.ts'
import type { Requester } from '../http/types.ts'
import { API_RESOURCE, askedScope } from './scopes.ts'
import type { Incoming } from './types.ts'

export type AskingDevice = {
  userCode: string
  client: { id: string; name: string | undefined; host: string }
  deviceId: string
  address: string | undefined
  userAgent: string | undefined
  askedTs: number | undefined
  /** Whose device it has shown itself to be: one whose session is over, and which goes on with its keys. */
  of: string | undefined
}
type Found = AskingDevice & { code: DeviceCode; scope: string }

const refused = {
  unknown: {
    es: 'Ese código no existe o ya terminó. Pida otro en el dispositivo.',
    en: 'That code does not exist or has run out. Ask for another one on the device.',
  },
  used: {
    es: 'Ese código ya se usó. Pida otro en el dispositivo.',
    en: 'That code was used already. Ask for another one on the device.',
  },
  taken: {
    es: 'Ese dispositivo ya es de otra sesión suya. Empiece de nuevo en él.',
    en: 'That device belongs to another session of yours. Start again on it.',
  },
}
const refusal = (why: keyof typeof refused) => policyRefusal(`device_code.${why}`, '', refused[why])

/** As people type it: with or without the hyphen, in any case. */
export const plainCode = (typed: string): string => typed.toUpperCase().replace(/[^A-Z0-9]/g, '')

/** @throws M_FORBIDDEN, with the reason, when nobody may be let in with it (any more) */
export async function askingDevice(ctx: Context, req: Incoming, typed: string): Promise<Found> {
  const { provider } = ctx.oauth.providerFor(req)
  const userCode = plainCode(typed)
  const code = await provider.DeviceCode.findByUserCode(userCode, { ignoreExpiration: true })
  if (!code || code.isExpired) throw refusal('unknown')
  if (code.error !== undefined || code.accountId !== undefined || code.inFlight) throw refusal('used')
  const client = code.clientId === undefined ? undefined : await provider.Client.find(code.clientId)
  const asked = askedScope(code.params?.['scope'])
  if (!client || !asked) throw refusal('unknown')
  const { ip, ua, at, of } = (code.deviceInfo ?? {}) as { ip?: string; ua?: string; at?: number; of?: string }
  return {
    code,
    scope: asked.scope,
    userCode: `${userCode.slice(0, 4)}-${userCode.slice(4)}`,
    client: {
      id: client.clientId,
      name: client.clientName,
      host: URL.parse(client.clientUri ?? '')?.host ?? '?',
    },
    deviceId: asked.deviceId,
    address: ip === undefined || ip === '' ? undefined : networkKey(ip),
    userAgent: ua === undefined || ua === '' ? undefined : ua,
    askedTs: at,
    of,
  }
}

/**
 * The device that asks is one that has been signed in before: it shows a token of its session, whether or not that still opens
 * anything. Nobody is let in by it.
 */
export async function showOwnDevice(ctx: Context, { code, deviceId }: Found, token: string): Promise<void> {
  const own = await ctx.tokens.sessionOf(token)
  if (own?.deviceId !== deviceId) throw refusal('taken')
  Object.assign(code, { deviceInfo: { ...code.deviceInfo, of: own.userId } })
  await code.save()
}

/** The person at the other device does not know it, or did not begin it: it is told so, and its code opens nothing. */
export async function refuseDevice(
  ctx: Context,
  requester: Requester,
  { code, ...found }: Found,
): Promise<void> {
  Object.assign(code, { error: 'access_denied', errorDescription: 'The person did not give access.' })
  await code.save()
  await ctx.audit.record({
    act: 'session.authorize',
    by: requester.userId,
    facts: { client: found.client.id, device: found.deviceId, by_code: true, refused: true },
  })
}

/** After the person has shown again that it is them. */
export async function admitDevice(
  ctx: Context,
  req: Incoming,
  { userId }: Requester,
  { code, scope, client, deviceId, of }: Found,
): Promise<void> {
  const { provider } = ctx.oauth.providerFor(req)
  // A device has keys: it is not taken over by naming it.
  if (of !== userId && (await ctx.devices.exists(userId, deviceId))) throw refusal('taken')
  const grant = new provider.Grant({ accountId: userId, clientId: client.id })
  grant.addOIDCScope('openid')
  grant.addResourceScope(API_RESOURCE, scope)
  const grantId = await grant.save()
  await ctx.audit.record({
    act: 'session.authorize',
    by: userId,
    facts: { client: client.id, device: deviceId, by_code: true },
  })
  await ctx.oauth.allow({
    grant: grantId,
    userId,
    deviceId,
    client: client.id,
    clientName: client.name ?? client.host,
    way: 'other_device',
    // Whoever was talked into it is told of it, as of every new device.
    known: false,
  })
  Object.assign(code, {
    accountId: userId,
    authTime: Math.floor(ctx.clock.now() / 1000),
    grantId,
    scope,
    resource: API_RESOURCE,
  })
  await code.save()
}
