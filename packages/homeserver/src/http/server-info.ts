/** What clients ask a server about itself: versions, capabilities, well-known, and services it does or does not have. */
import { supportedRoomVersions } from '@enlace/room-model'
import { z } from 'zod'
import { forbidden, notFound } from '../errors.ts'
import { clientPaths } from './client-paths.ts'
import { type Route, route } from './route.ts'

/** Versions of the specification whose required endpoints are here. */
const SPEC_VERSIONS = ['r0.6.0', 'r0.6.1', ...Array.from({ length: 18 }, (_, index) => `v1.${index + 1}`)]

export const serverInfoRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/_matrix/client/versions',
    auth: 'none',
    handler: () => ({
      versions: SPEC_VERSIONS,
      unstable_features: { 'org.matrix.e2e_cross_signing': true },
    }),
  }),
  route({
    method: 'GET',
    path: '/.well-known/matrix/client',
    auth: 'none',
    handler({ ctx }) {
      if (!ctx.config.public_base_url) throw notFound('This server does not publish its address here.')
      return { 'm.homeserver': { base_url: ctx.config.public_base_url } }
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/capabilities'),
    auth: 'user',
    handler: ({ ctx }) => ({
      capabilities: {
        'm.change_password': { enabled: true },
        'm.room_versions': {
          default: ctx.config.rooms.default_version,
          available: Object.fromEntries(supportedRoomVersions.map((version) => [version, 'stable'])),
        },
        'm.profile_fields': {
          enabled: true,
          disallowed: ['org.enlace.institution', 'org.enlace.role'],
        },
        'm.set_displayname': { enabled: true },
        'm.set_avatar_url': { enabled: true },
        'm.3pid_changes': { enabled: false },
        'm.get_login_token': { enabled: false },
        'm.forget_forced_upon_leave': { enabled: false },
      },
    }),
  }),
  route({
    method: 'GET',
    path: clientPaths('/voip/turnServer'),
    auth: 'user',
    // No TURN server: an empty object, as servers without one answer.
    handler: () => ({}),
  }),
  route({
    method: 'GET',
    path: clientPaths('/thirdparty/protocols'),
    auth: 'user',
    handler: () => ({}),
  }),
  route({
    method: 'GET',
    path: clientPaths('/thirdparty/protocol/:protocol'),
    auth: 'user',
    handler() {
      throw notFound('There are no bridges to other networks here.')
    },
  }),
  route({
    method: 'GET',
    path: clientPaths('/admin/whois/:userId'),
    auth: 'user',
    params: z.object({ userId: z.string() }),
    async handler({ ctx, requester, params }) {
      if (requester.userId !== params.userId && !requester.isAdmin) {
        throw forbidden('Only administrators may look at the sessions of others.')
      }
      if (!(await ctx.accounts.exists(params.userId))) throw notFound('There is no such account here.')
      const devices = await ctx.devices.list(params.userId)
      return {
        user_id: params.userId,
        devices: Object.fromEntries(
          devices.map(({ deviceId, lastSeenIp, lastSeenTs }) => [
            deviceId,
            {
              sessions: [
                {
                  connections: lastSeenTs === undefined ? [] : [{ ip: lastSeenIp, last_seen: lastSeenTs }],
                },
              ],
            },
          ]),
        ),
      }
    },
  }),
]
