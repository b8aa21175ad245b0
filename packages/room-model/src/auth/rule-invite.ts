import { isObject, own } from '../json.ts'
import type { Pdu } from '../pdu.ts'
import { levelOf, userPower } from '../power.ts'
import { verifyJson } from '../signing.ts'
import { type AuthContext, membershipOf } from './context.ts'
import { type AuthVerdict, allow, reject } from './verdict.ts'

/** Signature checks one third-party invite may cost: its author chooses how many keys and signatures it carries. */
const MAX_SIGNATURE_CHECKS = 100

/** Rule 5.4: `membership` is `invite`. */
export function checkInvite(context: AuthContext, target: string): AuthVerdict {
  const { pdu, state, v } = context
  // 5.4.1
  if (own(pdu.content, 'third_party_invite') !== undefined) return checkThirdPartyInvite(context, target)
  // 5.4.2
  if (membershipOf(state, pdu.sender) !== 'join') return reject('5.4.2', 'the sender is not in the room')
  // 5.4.3
  const membership = membershipOf(state, target)
  if (membership === 'join') return reject('5.4.3', 'the user is in the room already')
  if (membership === 'ban') return reject('5.4.3', 'the user is banned')
  // 5.4.4
  if (userPower(state, pdu.sender, v) >= levelOf(state('m.room.power_levels', ''), 'invite')) return allow
  // 5.4.5
  return reject('5.4.5', 'not enough power to invite')
}

function checkThirdPartyInvite({ pdu, state }: AuthContext, target: string): AuthVerdict {
  // 5.4.1.1
  if (membershipOf(state, target) === 'ban') return reject('5.4.1.1', 'the user is banned')
  // 5.4.1.2
  const signed = own(own(pdu.content, 'third_party_invite'), 'signed')
  if (!isObject(signed)) return reject('5.4.1.2', 'the third-party invite is not signed')
  // 5.4.1.3
  const mxid = own(signed, 'mxid')
  const token = own(signed, 'token')
  if (typeof mxid !== 'string' || typeof token !== 'string')
    return reject('5.4.1.3', 'the third-party invite has no mxid or token')
  // 5.4.1.4
  if (mxid !== target) return reject('5.4.1.4', 'the third-party invite is for another user')
  // 5.4.1.5
  const original = state('m.room.third_party_invite', token)
  if (original === undefined) return reject('5.4.1.5', 'there is no such third-party invite')
  // 5.4.1.6
  if (original.sender !== pdu.sender) return reject('5.4.1.6', 'the third-party invite is of another sender')
  // 5.4.1.7
  if (hasSignatureOf(signed, publicKeysOf(original))) return allow
  // 5.4.1.8
  return reject('5.4.1.8', 'no key of the third-party invite has signed')
}

function publicKeysOf(original: Pdu): string[] {
  const list = own(original.content, 'public_keys')
  const keys = [own(original.content, 'public_key')]
  if (Array.isArray(list)) for (const one of list) keys.push(own(one, 'public_key'))
  return keys.filter((key) => typeof key === 'string')
}

function hasSignatureOf(signed: Record<string, unknown>, publicKeys: readonly string[]): boolean {
  const signatures = own(signed, 'signatures')
  if (!isObject(signatures)) return false
  let checks = 0
  for (const [server, byKey] of Object.entries(signatures))
    for (const keyId of isObject(byKey) ? Object.keys(byKey) : [])
      for (const key of publicKeys) {
        if (checks++ >= MAX_SIGNATURE_CHECKS) return false
        if (verifyJson(signed, server, keyId, key)) return true
      }
  return false
}
