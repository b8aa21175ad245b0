/** Events for tests of cases, escalations and meetings, as honest and dishonest nodes would send them. */
import {
  type Actor,
  type CaseContent,
  type CaseStepDraft,
  caseEventType,
  caseUpdateContent,
  caseUpdateEventType,
} from './cases/case-events.ts'
import type { TimelineEvent } from './causal-order.ts'

export const requester: Actor = { institution: 'gt-casa-del-migrante-entre-rios', role: 'staff' }
export const registry: Actor = { institution: 'hn-rnp-sps', role: 'staff' }
export const registryChief: Actor = { institution: 'hn-rnp-sps', role: 'coordinator' }
export const court: Actor = { institution: 'gt-juzgado-ninez-puerto-barrios', role: 'staff' }
export const protection: Actor = { institution: 'hn-senaf-corinto', role: 'staff' }

const HOUR = 3_600_000

/** In the one channel of these tests. */
export const inChannel = (
  event_id: string,
  type: string,
  sender: string,
  origin_server_ts: number,
  content: object,
): TimelineEvent => ({ event_id, room_id: '!room', type, sender, origin_server_ts, content })

export function caseContent(more: Partial<CaseContent> = {}): CaseContent {
  return {
    reference: 'DOC-2026-010001',
    kind: 'birth_certificate',
    priority: 'high',
    requesting: requester.institution,
    responsible: registry.institution,
    acknowledge_by: 1_000 + HOUR,
    deadline: 1_000 + 72 * HOUR,
    by: requester,
    ...more,
  }
}

export function openCase(
  more: Partial<CaseContent> = {},
  id = '$case',
  at = 1_000,
  sender = '@albergue:gt',
): TimelineEvent {
  return inChannel(id, caseEventType, sender, at, caseContent(more))
}

export function step(
  id: string,
  at: number,
  by: Actor,
  draft: CaseStepDraft,
  after: readonly string[] = [],
  of = '$case',
): TimelineEvent {
  const sender = `@${by.institution}:${by.institution.slice(0, 2)}`
  return inChannel(
    id,
    caseUpdateEventType,
    sender,
    at,
    caseUpdateContent({ id: of, heads: after }, by, draft),
  )
}
