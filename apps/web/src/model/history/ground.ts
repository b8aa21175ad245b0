import type { MatrixClient } from 'matrix-js-sdk'
import type { AuthedRequest } from '../../lib/request.ts'
import type { People } from '../channels/types.ts'
import type { Encryption } from '../session/types.ts'
import type { Trust } from '../trust/types.ts'
import { fetchVouched } from '../trust/vouched.ts'
import type { HistoryGround } from './types.ts'

export function createHistoryGround(args: {
  client: MatrixClient
  request: AuthedRequest
  people: Pick<People, 'person'>
  encryption: Pick<Encryption, 'state'>
  trust: Pick<Trust, 'check' | 'isEncrypted'>
}): HistoryGround {
  const { client, request, people, encryption, trust } = args
  const crypto = client.getCrypto()
  if (!crypto) throw new Error('Encryption has not been started.')
  const me = client.getSafeUserId()
  return {
    confirmed: () => ['ready', 'unsaved'].includes(encryption.state.get()),
    async membersOf(roomId) {
      const room = client.getRoom(roomId)
      if (room?.getMyMembership() !== 'join' || !trust.isEncrypted(roomId)) return []
      await room.loadMembersIfNeeded()
      return room.getJoinedMembers().map(({ userId }) => userId)
    },
    institutionOf: (userId) => people.person(userId).institution,
    inviterOf(roomId) {
      const event = client.getRoom(roomId)?.getMember(me)?.events.member
      const { prev_content: before, prev_sender: by } = (event?.getUnsigned() ?? {}) as {
        prev_content?: { membership?: string }
        prev_sender?: string
      }
      return before?.membership === 'invite' && by !== me ? by : undefined
    },
    sharesHistory(roomId) {
      const rule = client.getRoom(roomId)?.getHistoryVisibility()
      return rule === 'shared' || rule === 'world_readable'
    },
    async vouched(roomId, userId) {
      const list = await fetchVouched(request, roomId)
      // A server that vouches for nobody is no reason to be stricter than with messages: a person decides then.
      return list === 'absent' || list.members[userId]?.vouched === true
    },
    async identityHolds(roomId, userId) {
      if (userId === me) return true
      // Takes over what a coordinator has signed meanwhile.
      await trust.check(roomId).catch(() => undefined)
      return !(await crypto.getUserVerificationStatus(userId)).needsUserApproval
    },
  }
}
