import { z } from 'zod'
import { type Failure, failureOf } from '../../lib/failure.ts'
import { ENLACE } from '../../lib/request.ts'
import type { Session } from '../../model/session/types.ts'
import { watchDevices } from './verification.ts'
import { type Proof, type ProofOutcome, withProof } from './with-proof.ts'

const askingSchema = z.object({
  user_code: z.string(),
  client: z.object({ name: z.string().nullable(), host: z.string() }),
  device_id: z.string(),
  network: z.string().nullable(),
  same_network: z.boolean(),
  asked_ts: z.number().nullable(),
})
/** A device that shows a code and asks to be let in, as the server saw it. */
export type AskingDevice = z.output<typeof askingSchema>

const pathOf = (code: string) => `${ENLACE}/sign-in/device/${encodeURIComponent(code.trim().slice(0, 20))}`

export async function lookAtDevice(
  session: Pick<Session, 'request'>,
  code: string,
): Promise<{ device: AskingDevice } | { failure: Failure }> {
  try {
    return { device: askingSchema.parse(await session.request('GET', pathOf(code))) }
  } catch (error) {
    return { failure: failureOf(error) }
  }
}

export const admitDevice = (session: Session, code: string, proof: Proof): Promise<ProofOutcome> =>
  withProof(session, 'POST', pathOf(code), { allow: true }, proof)

export const refuseDevice = (session: Session, code: string): Promise<unknown> =>
  session.request('POST', pathOf(code), { allow: false })

/** Calls back once the device has come in and can be compared with. @returns the unsubscribe function */
export function whenDeviceIsIn(session: Session, deviceId: string, onIn: () => void): () => void {
  const { client, userId } = session
  let over = false
  async function look(): Promise<void> {
    const devices = await client
      .getCrypto()
      ?.getUserDeviceInfo([userId], true)
      .catch(() => undefined)
    if (over || !devices?.get(userId)?.has(deviceId)) return
    stop()
    onIn()
  }
  const unwatch = watchDevices(client, userId, () => void look())
  function stop(): void {
    over = true
    unwatch()
  }
  void look()
  return stop
}
