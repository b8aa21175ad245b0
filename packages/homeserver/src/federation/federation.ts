/** Everything that talks to, or listens to, other servers, put together. */
import { z } from 'zod'
import type { Context } from '../context.ts'
import { authenticateRequest, checkHeader } from './authenticate.ts'
import { FederationError } from './errors.ts'
import { createMissing } from './inbound/missing.ts'
import { openTransactions } from './inbound/transactions.ts'
import { createOutbox, serversSharingRoomWith } from './outbox/outbox.ts'
import { createBackfill } from './remote/backfill.ts'
import { createRemoteJoin } from './remote/join.ts'
import { createRemoteMembership } from './remote/leave-and-knock.ts'
import { createLostHistory } from './remote/lost-history.ts'
import { createPartnerVersions } from './remote/partner-versions.ts'
import { createSortingAllowance } from './signed-request.ts'
import type { Federation } from './types.ts'

const aliasAnswer = z.looseObject({ room_id: z.string(), servers: z.array(z.string()).default([]) })

export async function createFederation(ctx: Context): Promise<Federation> {
  const { federationList: list, federationClient: client, keyRing } = ctx
  const outbox = await createOutbox(ctx, client, list)
  const deps = { ctx, client, list }
  const versions = createPartnerVersions(deps)
  const missing = createMissing(ctx, client, keyRing)
  const { joinRemote, joinsUnderWay } = createRemoteJoin(deps, missing)
  const sorting = createSortingAllowance(ctx.clock)
  const transactions = await openTransactions(ctx, missing, joinsUnderWay)

  return {
    ...list.institutions,
    ...createRemoteMembership(deps, versions),
    versionFor: versions.versionFor,
    joinRemote,
    backfill: createBackfill(deps, missing),
    catchUp: createLostHistory(deps, missing),
    async receiveTransaction(origin, txnId, body) {
      ctx.restored.checkPartner(origin)
      return transactions.receive(origin, txnId, body)
    },
    sendAgain: outbox.sendAgain,
    refreshList: list.refresh,
    start: outbox.start,

    checkHeader: (authorization, entryPoint) =>
      checkHeader(authorization, {
        serverName: ctx.serverName,
        checkOrigin: (name) => list.check(name, entryPoint),
      }),
    async authenticate(request) {
      const origin = await authenticateRequest(ctx, request, sorting)
      client.heardFrom(origin)
      outbox.heardFrom(origin)
      return origin
    },
    checkServer: list.check,
    hosts: list.hosts,
    institution: list.institution,
    institutionsAt: list.institutionsAt,
    cutOff: list.cutOff,
    caseSlot: list.caseSlot,
    ready: list.ready,

    request: client.requestJson,

    async download(destination, args) {
      const answer = await client.openStream(destination, { entryPoint: 'media', method: 'GET', ...args })
      const headers: Record<string, string> = {}
      for (const [name, value] of Object.entries(answer.headers)) {
        if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
      }
      return {
        headers,
        body: answer.body as AsyncIterable<Uint8Array>,
        cancel() {
          // Given up before it was read to its end, the body tells of it once more, which nobody waits for.
          answer.body.on('error', () => {})
          answer.body.destroy()
        },
      }
    },

    async resolveAlias(alias) {
      const server = alias.slice(alias.indexOf(':') + 1)
      try {
        const request = {
          entryPoint: 'directory',
          method: 'GET',
          path: '/_matrix/federation/v1/query/directory',
          query: { room_alias: alias },
          timeoutMs: 15_000,
        } as const
        const { room_id: roomId, servers } = await client.requestJson(server, request, aliasAnswer)
        return { roomId, servers: servers.length > 0 ? servers.slice(0, 50) : [server] }
      } catch (error) {
        if (error instanceof FederationError && error.answer?.status === 404) return undefined
        throw error
      }
    },

    ensureDestinations: outbox.ensureDestinations,
    sendEdu: outbox.sendEdu,
    delivery: outbox.delivery,
    standing: outbox.standing,
    waiting: outbox.waiting,
    serversSharingRoomWith: (userId) => serversSharingRoomWith(ctx, userId),

    async close() {
      await outbox.close()
      await transactions.close()
    },
  }
}
