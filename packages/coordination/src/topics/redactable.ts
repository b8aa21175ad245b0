/**
 * What may not be deleted: the one table, for nodes and clients. Matrix lets whoever may redact take the content out of any
 * event, also of one on which the safety of a room rests, or the memory of a case.
 */
import type { BilingualText } from '@enlace/directory/text'
import { caseEventType, caseUpdateEventType } from '../cases/case-events.ts'
import { caseTargetsEventType } from '../cases/case-targets.ts'
import { escalationChainEventType } from '../escalations/escalation-chain.ts'
import { escalationEventTypes } from '../escalations/escalation-events.ts'
import { materialEventType, materialUpdateEventType } from '../materials/material-events.ts'
import { meetingEventType, meetingUpdateEventType } from '../meetings/meeting-events.ts'
import { retentionEventTypes } from '../retention/retention-events.ts'
import { riskEventType, riskUpdateEventType } from '../risks/risk-events.ts'
import { corridorEventType } from './channel-recognition.ts'
import { topicPolicyEventType } from './policy.ts'

export type RedactionRule =
  | 'case.not-deleted'
  | 'escalation.not-deleted'
  | 'retention.not-deleted'
  | 'meeting.not-deleted'
  | 'risk.not-deleted'
  | 'material.not-deleted'
  | 'channel.not-deleted'

/** In every room: a room's settings are changed by new ones, and a redacted one would say the opposite of what was agreed. */
const carriers: ReadonlySet<string> = new Set([
  'm.room.create',
  'm.room.encryption',
  'm.room.power_levels',
  'm.room.join_rules',
  'm.room.history_visibility',
  'm.room.guest_access',
  'm.room.server_acl',
  'm.room.tombstone',
  'm.space.parent',
  'm.space.child',
  topicPolicyEventType,
  corridorEventType,
  caseTargetsEventType,
  escalationChainEventType,
])

const escalations: ReadonlySet<string> = new Set(escalationEventTypes)

/** @param inChannel whether the room carries a topic policy: who was in it, and when, is then not deleted either */
export function redactionRule(type: string, inChannel: boolean): RedactionRule | undefined {
  if (type === caseEventType || type === caseUpdateEventType) return 'case.not-deleted'
  if (retentionEventTypes.has(type)) return 'retention.not-deleted'
  if (type === meetingEventType || type === meetingUpdateEventType) return 'meeting.not-deleted'
  if (type === riskEventType || type === riskUpdateEventType) return 'risk.not-deleted'
  if (type === materialEventType || type === materialUpdateEventType) return 'material.not-deleted'
  if (escalations.has(type)) return 'escalation.not-deleted'
  if (carriers.has(type) || (inChannel && type === 'm.room.member')) return 'channel.not-deleted'
  return undefined
}

export const redactionRuleText: Readonly<Record<RedactionRule, BilingualText>> = {
  'case.not-deleted': {
    es: 'Un caso no se borra: anúlelo, ciérrelo o corrija el paso con otro paso. Así nadie pierde la historia.',
    en: 'A case is not deleted: revoke it, close it, or correct the step with another one. So nobody loses its history.',
  },
  'escalation.not-deleted': {
    es: 'Un llamado urgente no se borra: atiéndalo o ciérrelo. Así queda claro a quién se llamó y quién respondió.',
    en: 'An urgent call is not deleted: answer or resolve it. So it stays clear who was called and who answered.',
  },
  'retention.not-deleted': {
    es: 'Una retención o un plazo no se borra: levante la retención o fije otro plazo. Así queda claro quién decidió qué.',
    en: 'A hold or a period is not deleted: lift the hold or set another period. So it stays clear who decided what.',
  },
  'meeting.not-deleted': {
    es: 'Lo que consta en una reunión no se borra: corrija el párrafo o escriba un avance. Así queda claro qué se acordó.',
    en: 'What a meeting has on record is not deleted: correct the paragraph or write progress. So it stays clear what was agreed.',
  },
  'risk.not-deleted': {
    es: 'Un reporte de riesgo no se borra: retírelo o corríjalo con otro reporte. Así queda claro qué se aprobó.',
    en: 'A report of a risk is not deleted: withdraw it, or correct it with another version. So it stays clear what was approved.',
  },
  'material.not-deleted': {
    es: 'Los pasos de un material no se borran: escriba otra versión o retírelo. Así queda claro quién aprobó qué.',
    en: 'The steps of a material are not deleted: write another version or withdraw it. So it stays clear who approved what.',
  },
  'channel.not-deleted': {
    es: 'Los ajustes que protegen una sala no se borran. Si hay que cambiarlos, la coordinación pone otros en su lugar.',
    en: 'The settings that protect a room are not deleted. If they have to change, coordination puts others in their place.',
  },
}
