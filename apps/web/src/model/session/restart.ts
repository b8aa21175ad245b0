import { restartCode } from '@enlace/coordination'
import { ClientEvent, type MatrixClient, type MatrixEvent } from 'matrix-js-sdk'
import { z } from 'zod'
import { RequestError } from '../../lib/failure.ts'
import type { OwnDatabase } from '../../lib/own-database.ts'
import { authFor, stageParamsSchema } from '../../lib/proof.ts'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import { onceSeen } from '../../lib/while-seen.ts'
import { makeIdentity, type NewIdentity, newIdentitySchema } from './new-identity.ts'
import type { OwnIdentity, Restart, RestartState } from './types.ts'

const KEY = 'restart'
const COORDINATOR = 'org.enlace.coordinator'
const FACTOR = 'org.enlace.second_factor'
const ALERTS = 'org.enlace.alerts'
const ASK_EVERY_MS = 5_000
const paramsSchema = z.object({
  state: z.enum(['waiting', 'refused', 'denied', 'expired']).catch('waiting'),
  by: z.enum(['coordinator', 'operator']).default('coordinator'),
  coordinators: z.array(z.string()).default([]),
  expires_ts: z.number().default(0),
})
type Params = z.output<typeof paramsSchema>

const challengeSchema = z.object({
  session: z.string(),
  completed: z.array(z.string()).default([]),
  errcode: z.string().optional(),
  params: stageParamsSchema
    .extend({ [COORDINATOR]: paramsSchema.optional(), [FACTOR]: z.unknown().optional() })
    .optional(),
})

const keptSchema = z.object({
  identity: newIdentitySchema,
  session: z.string(),
  since: z.number(),
  params: paramsSchema,
  /** The server has the new identity; this device has not taken it on yet. */
  accepted: z.boolean().default(false),
})
type Kept = z.output<typeof keptSchema>

/**
 * Starting again with a new identity. Until somebody approves it nothing is given up: the keys wait on this device, also
 * over a restart, and the old identity, backup and recovery key stay what they are.
 */
export async function createRestart(args: {
  client: MatrixClient
  request: AuthedRequest
  database: OwnDatabase
  own: Pick<OwnIdentity, 'expect'>
  /** Makes the identity that the server has taken this device's own. */
  adopt(identity: NewIdentity): Promise<void>
  make?: typeof makeIdentity
}): Promise<Restart> {
  const { client, request, database, own, adopt, make = makeIdentity } = args
  const me = client.getSafeUserId()
  const parsed = keptSchema.safeParse(await database.get('facts', KEY).catch(() => undefined))
  let kept: Kept | undefined = parsed.success ? parsed.data : undefined
  const state = createStore<RestartState>({ step: 'none' })
  let stopWaiting: (() => void) | undefined
  let running: Promise<void> | undefined
  let closed = false

  async function keep(next: Kept | undefined): Promise<void> {
    kept = next
    if (next) await database.put('facts', KEY, next)
    else await database.remove('facts', [KEY])
  }

  async function show(): Promise<void> {
    if (!kept) return state.set({ step: 'none' })
    const { params, identity, since, accepted } = kept
    if (accepted) return state.set({ step: 'finishing' })
    if (params.state !== 'waiting') return state.set({ step: 'over', why: params.state })
    state.set({
      step: 'waiting',
      // From the key this device made, whatever the server says.
      code: await restartCode(me, identity.masterKey),
      by: params.by,
      coordinators: params.coordinators,
      expiresTs: params.expires_ts,
      since,
    })
  }

  /** @returns the server's question, or undefined when it took the keys */
  async function upload(identity: NewIdentity, auth?: object) {
    try {
      await request('POST', '/_matrix/client/v3/keys/device_signing/upload', {
        ...identity.upload,
        ...(auth ? { auth } : {}),
      })
      return undefined
    } catch (error) {
      if (!(error instanceof RequestError) || error.httpStatus !== 401) throw error
      const challenge = challengeSchema.safeParse(error.data)
      if (!challenge.success) throw error
      const { params } = challenge.data
      return {
        ...challenge.data,
        waiting: params?.[COORDINATOR],
        factor: params?.[FACTOR] !== undefined,
        error,
      }
    }
  }

  async function finish(): Promise<void> {
    if (!kept) return
    state.set({ step: 'finishing' })
    await keep({ ...kept, accepted: true })
    await adopt(kept.identity)
    await keep(undefined)
    state.set({ step: 'none' })
  }

  async function ask(): Promise<void> {
    if (!kept || closed) return
    if (kept.accepted) return finish()
    if (kept.params.state !== 'waiting') return
    const answer = await upload(kept.identity, { type: COORDINATOR, session: kept.session })
    if (!kept) return
    if (answer === undefined) return finish()
    // Without the stage's words the server knows of no such request any more.
    const params: Params = answer.waiting ?? { ...kept.params, state: 'expired' }
    await keep({ ...kept, params, session: answer.session })
    await show()
  }

  function look(): Promise<void> {
    running ??= ask()
      // Without a connection it waits on.
      .catch(() => undefined)
      .finally(() => {
        running = undefined
        again()
      })
    return running
  }
  function again(): void {
    stopWaiting?.()
    if (closed || !kept || (!kept.accepted && kept.params.state !== 'waiting')) return
    stopWaiting = onceSeen(ASK_EVERY_MS, () => void look())
  }
  const onAccountData = (event: MatrixEvent) => {
    if (event.getType() === ALERTS && kept) void look()
  }
  client.on(ClientEvent.AccountData, onAccountData)
  await show()
  again()

  return {
    state,
    look,
    async begin(proof) {
      const identity = await make(me)
      // What the server may take at once is this device's doing.
      await own.expect(identity.masterKey)
      const since = Date.now()
      const params = paramsSchema.parse({})
      const first = await upload(identity)
      const second = first && (await upload(identity, await authFor(me, first, proof)))
      // A second step that was not given yet is no coordinator's.
      if (second && (!second.completed.includes('m.login.password') || second.factor)) throw second.error
      await keep({
        identity,
        session: second?.session ?? '',
        since,
        params: second?.waiting ?? params,
        accepted: second === undefined,
      })
      if (second === undefined) await finish()
      else await show()
      again()
    },
    async cancel() {
      const waited = kept?.params.state === 'waiting' && !kept.accepted
      await keep(undefined)
      stopWaiting?.()
      state.set({ step: 'none' })
      if (waited) await request('POST', `${ENLACE}/identity-resets/withdraw`, {}).catch(() => undefined)
    },
    close() {
      closed = true
      stopWaiting?.()
      client.off(ClientEvent.AccountData, onAccountData)
    },
  }
}
