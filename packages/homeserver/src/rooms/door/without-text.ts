/**
 * In a topic channel memberships and deletions carry no text beside what they need: reasons, and fields nobody knows, are
 * what somebody writes in the clear about a person. A leaving or a deletion must not fail for it, so it is taken without.
 */
import { plainMembership } from '@enlace/coordination'
import { type Pdu, type RoomVersion, redact } from '@enlace/room-model'
import type { EventDraft } from '../types.ts'

/** A local event, before it is made. */
export function draftWithoutText(draft: EventDraft): EventDraft {
  if (draft.type === 'm.room.member') return { ...draft, content: plainMembership(draft.content) }
  if (draft.type === 'm.room.redaction') return { ...draft, content: {} }
  return draft
}

/** A partner's event as it is kept: the redacted form has the same id and signatures, and none of the text. */
export function pduWithoutText(pdu: Pdu, version: RoomVersion): Pdu {
  const { type, content } = pdu
  if (type === 'm.room.redaction') {
    const plain = Object.keys(content).every((key) => key === 'redacts' && version.updatedRedaction)
    // Before version 11 the redacted form does not even say what was redacted.
    return plain
      ? pdu
      : { ...redact(pdu, version), ...(pdu.redacts === undefined ? {} : { redacts: pdu.redacts }) }
  }
  // Without its signed part an invitation of a third party would be an ordinary one.
  if (type !== 'm.room.member' || Object.hasOwn(content, 'third_party_invite')) return pdu
  return Object.keys(plainMembership(content)).length === Object.keys(content).length
    ? pdu
    : redact(pdu, version)
}
