import { isSameCode, restartCode } from '@enlace/coordination'
import { ClientEvent, type MatrixEvent } from 'matrix-js-sdk'
import { z } from 'zod'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { ENLACE, unlessAbsent } from '../../lib/request.ts'
import { coalesce, createStore } from '../../lib/store.ts'
import type { Session } from '../../model/session/types.ts'
import { signConfirmation } from '../../model/trust/confirmed.ts'
import { type Proof, withProof } from '../session/with-proof.ts'
import { createEnvelopeAsks } from './envelope-asks.ts'
import type { ResetRequest, Resets } from './types.ts'

/** Account data the node writes; an alert of a new request comes with it. */
const ALERTS_TYPE = 'org.enlace.alerts'

const requestSchema = z
  .object({
    id: z.string(),
    user_id: z.string(),
    device_id: z.string(),
    device_name: z.string().optional(),
    master_key: z.string(),
    requested_ts: z.number(),
    expires_ts: z.number(),
    state: z.enum(['waiting', 'approved', 'refused', 'withdrawn', 'denied', 'done', 'reported', 'expired']),
    decided_by: z.string().optional(),
    decided_ts: z.number().optional(),
    doubted: z.boolean().default(false),
  })
  .transform(
    (one): ResetRequest => ({
      id: one.id,
      userId: one.user_id,
      deviceId: one.device_id,
      ...(one.device_name ? { deviceName: one.device_name } : {}),
      masterKey: one.master_key,
      requestedTs: one.requested_ts,
      expiresTs: one.expires_ts,
      state: one.state,
      ...(one.decided_by === undefined ? {} : { decidedBy: one.decided_by }),
      ...(one.decided_ts === undefined ? {} : { decidedTs: one.decided_ts }),
      doubted: one.doubted,
    }),
  )
const answerSchema = z.object({ resets: z.array(requestSchema), decided: z.array(requestSchema) })

export function createResets(session: Session): Resets {
  const mine = createStore(false)
  const waiting = createStore<readonly ResetRequest[]>([])
  const decided = createStore<readonly ResetRequest[]>([])
  const failure = createStore<Failure | undefined>(undefined)
  const envelopes = createEnvelopeAsks(session)
  let closed = false

  async function refresh(): Promise<void> {
    if (!mine.get() || closed) return
    try {
      const answer = await unlessAbsent(session.request('GET', `${ENLACE}/identity-resets`))
      if (closed || answer === undefined) return
      const parsed = answerSchema.parse(answer)
      waiting.set(parsed.resets)
      decided.set(parsed.decided)
      await envelopes.refresh()
      failure.set(undefined)
    } catch (error) {
      failure.set(failureOf(error))
    }
  }
  const refreshSoon = coalesce(() => void refresh(), 100, 1_000)

  function whoIAm(): void {
    mine.set(session.me.get()?.role === 'coordinator')
    refreshSoon()
  }
  const onAccountData = (event: MatrixEvent) => {
    if (event.getType() === ALERTS_TYPE) refreshSoon()
  }
  session.client.on(ClientEvent.AccountData, onAccountData)
  const stops = [
    session.me.subscribe(whoIAm),
    session.connection.subscribe(() => session.connection.get() === 'online' && refreshSoon()),
  ]
  whoIAm()

  const send = async (verb: 'approve' | 'refuse', one: ResetRequest, proof: Proof, more: object) => {
    const path = `${ENLACE}/identity-resets/${encodeURIComponent(one.userId)}/${verb}`
    const failed = await withProof(session, 'POST', path, { master_key: one.masterKey, ...more }, proof)
    await refresh()
    return failed
  }

  return {
    mine,
    waiting,
    decided,
    failure,
    envelopes,
    refresh,
    async approve(one, typedCode, proof) {
      // Worked out from the key that would be signed: a server that shows another one is found out here.
      if (!isSameCode(typedCode, await restartCode(one.userId, one.masterKey))) return 'wrong_code'
      const { trust, userId } = session
      const institution = session.me.get()?.institution?.key
      const confirmation =
        institution === undefined
          ? undefined
          : await signConfirmation(trust.identities, {
              userId: one.userId,
              masterKey: one.masterKey,
              institution,
              by: userId,
            })
      await trust.confirmed.approve(one.userId, one.masterKey)
      return send('approve', one, proof, confirmation ? { confirmation } : {})
    },
    refuse: (one, proof) => send('refuse', one, proof, {}),
    close() {
      closed = true
      refreshSoon.cancel()
      session.client.off(ClientEvent.AccountData, onAccountData)
      for (const stop of stops) stop()
    },
  }
}
