import { failureOf } from '../../lib/failure.ts'
import { ENLACE, unlessAbsent } from '../../lib/request.ts'
import { createStore } from '../../lib/store.ts'
import { type AskRecord, envelopesSchema } from '../../model/envelope/records.ts'
import type { Session } from '../../model/session/types.ts'
import { withProof } from '../session/with-proof.ts'
import type { EnvelopeAsk, EnvelopeAsks } from './types.ts'

const BASE = `${ENLACE}/envelopes`

const askOf = (one: AskRecord): EnvelopeAsk => ({
  id: one.id,
  userId: one.user_id,
  ...(one.device_name ? { deviceName: one.device_name } : {}),
  envelope: one.envelope,
  publicKey: one.public_key,
  requestedTs: one.requested_ts,
  expiresTs: one.expires_ts,
  releasedBy: one.releases.map(({ by }) => by),
})

/** What a coordinator sees of those who ask for their envelope, and does about it. */
export function createEnvelopeAsks(session: Pick<Session, 'request' | 'envelope' | 'userId'>): EnvelopeAsks {
  const waiting = createStore<readonly EnvelopeAsk[]>([])
  const path = (ask: EnvelopeAsk, verb: string) => `${BASE}/asks/${encodeURIComponent(ask.id)}/${verb}`

  async function refresh(): Promise<void> {
    const answer = await unlessAbsent(session.request('GET', BASE))
    if (answer !== undefined) waiting.set(envelopesSchema.parse(answer).asks.map(askOf))
  }
  return {
    waiting,
    refresh,
    async release(ask, typedCode, proof) {
      try {
        const part = await session.envelope.holder.partFor(ask, typedCode)
        if (typeof part === 'string') return part
        const failed = await withProof(
          session,
          'POST',
          path(ask, 'release'),
          { public_key: ask.publicKey, sealed: part.sealed },
          proof,
        )
        await refresh().catch(() => undefined)
        return failed
      } catch (error) {
        return failureOf(error)
      }
    },
    async refuse(ask) {
      await session.request('POST', path(ask, 'refuse'), {})
      await refresh().catch(() => undefined)
    },
  }
}
