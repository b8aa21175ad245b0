/**
 * What a passkey signs. Nothing is kept of a challenge that was only asked for, so strangers pile nothing up: it carries its
 * end and a MAC over what it is for. One that was answered is written down, and is not answered again.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { isDuplicateKey } from '../../lib/duplicate-key.ts'
import type { FactorModels } from './models.ts'
import type { Sealing } from './sealing.ts'

export const CHALLENGE_LIFETIME_MS = 5 * 60_000
const NONCE = 16
const TIME = 6
const MAC = 32

export type Challenges = {
  make(purpose: string): Uint8Array<ArrayBuffer>
  /** Whether it was made here for this, and its time is not over. */
  isGood(challenge: string, purpose: string): boolean
  /** @returns false when it was answered before */
  spend(challenge: string): Promise<boolean>
  trim(): Promise<void>
}

export function createChallenges(
  models: Pick<FactorModels, 'Answered'>,
  sealing: Pick<Sealing, 'mac'>,
  now: () => number,
): Challenges {
  const macOf = (head: Buffer, purpose: string) =>
    sealing.mac(JSON.stringify(['challenge', head.toString('base64url'), purpose]))

  const partsOf = (challenge: string) => {
    const bytes = Buffer.from(challenge, 'base64url')
    return {
      whole: bytes.length === NONCE + TIME + MAC,
      head: bytes.subarray(0, NONCE + TIME),
      mac: bytes.subarray(NONCE + TIME),
    }
  }

  return {
    make(purpose) {
      const head = Buffer.alloc(NONCE + TIME)
      randomBytes(NONCE).copy(head)
      head.writeUIntBE(now() + CHALLENGE_LIFETIME_MS, NONCE, TIME)
      return Uint8Array.from(Buffer.concat([head, macOf(head, purpose)]))
    },
    isGood(challenge, purpose) {
      const { whole, head, mac } = partsOf(challenge)
      return whole && timingSafeEqual(mac, macOf(head, purpose)) && head.readUIntBE(NONCE, TIME) > now()
    },
    async spend(challenge) {
      const { head } = partsOf(challenge)
      try {
        await models.Answered.create({
          _id: head.toString('base64url'),
          until: head.readUIntBE(NONCE, TIME),
        })
        return true
      } catch (error) {
        if (isDuplicateKey(error)) return false
        throw error
      }
    },
    async trim() {
      // Index {until}.
      await models.Answered.deleteMany({ until: { $lt: now() } })
    },
  }
}
