/** Words of exports: what leaves for a court, for the person, or for somebody else. */
import type { Purpose } from '@enlace/evidence'
import type { Pdu } from '@enlace/room-model'

/** What somebody was let export, and why. It travels with them, under a MAC of this node. */
export type Grant = {
  export_id: string
  user_id: string
  device_id: string
  kind: 'cases' | 'person'
  purpose: Purpose
  case_ids: string[]
  institution?: string
  role?: string
  authorised_ts: number
}

export type CaseHeader = { case_id: string; room_id: string; room_version: string }
export type SignedEvent = { event_id: string; pdu: Pdu }
