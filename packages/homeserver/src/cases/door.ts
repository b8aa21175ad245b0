/**
 * What the node asks of Enlace's envelopes before a local user's event enters a room. What partners send is not turned away here:
 * it is in the room, and the reducers list what was not allowed as refused.
 */
import {
  type Actor,
  type CaseContent,
  type CaseRefusalReason,
  type CaseUpdateContent,
  caseContentSchema,
  caseEventType,
  caseStatuses,
  caseTargetsEventType,
  caseTargetsSchema,
  caseUpdateContentSchema,
  caseUpdateEventType,
  chainSettingsProblem,
  channelFaultText,
  type EscalationContent,
  envelopeSchemas,
  escalationAlertedEventType,
  escalationChainEventType,
  escalationChainSettingsSchema,
  escalationContentSchema,
  escalationEventType,
  escalationRefusal,
  escalationStepEventType,
  holdEventType,
  institutionKeySchema,
  type RefusalReason,
  refusalOf,
  retentionEventType,
  stepLabel,
} from '@enlace/coordination'
import {
  materialEventSchema,
  materialEventType,
  materialUpdateEventType,
  materialUpdateSchema,
} from '@enlace/coordination/materials'
import {
  meetingContentSchema,
  meetingEventType,
  meetingUpdateContentSchema,
  meetingUpdateEventType,
} from '@enlace/coordination/meetings'
import {
  riskContentSchema,
  riskEventType,
  riskUpdateContentSchema,
  riskUpdateEventType,
} from '@enlace/coordination/risks'
import type { BilingualText } from '@enlace/directory/text'
import type { z } from 'zod'
import type { Context } from '../context.ts'
import { badJson, type MatrixError, policyRefusal } from '../errors.ts'
import { checkMeeting, checkMeetingStep } from '../meetings/door.ts'
import { checkRiskStep } from '../risks/door.ts'

/** Clocks of phones and servers differ by this much before a deadline counts as past. */
const CLOCK_SLACK_MS = 5 * 60_000
const MAX_AHEAD_MS = 5 * 366 * 86_400_000

/** @throws M_FORBIDDEN naming the rule, with a sentence in both languages; M_BAD_JSON */
export async function checkEnvelope(
  ctx: Context,
  sender: string,
  roomId: string,
  type: string,
  body: Record<string, unknown>,
): Promise<void> {
  if (type === escalationStepEventType || type === escalationAlertedEventType)
    throw refuse('escalation.node-only', {
      es: 'Este paso lo da el servidor por sí mismo cuando vence el plazo; no se envía a mano.',
      en: 'The server takes this step by itself when the time is up; it is not sent by hand.',
    })
  const by = (body['by'] ?? undefined) as Actor | undefined
  if (by !== undefined) await checkActor(ctx, sender, by)
  switch (type) {
    case caseEventType:
      return checkCase(ctx, roomId, envelope(caseContentSchema, type, body))
    case caseUpdateEventType:
      return checkStep(ctx, roomId, envelope(caseUpdateContentSchema, type, body))
    case meetingEventType: {
      const content = envelope(meetingContentSchema, type, body)
      await checkChannel(ctx, roomId)
      return checkMeeting(ctx, content)
    }
    case meetingUpdateEventType:
      return checkMeetingStep(ctx, roomId, envelope(meetingUpdateContentSchema, type, body))
    case riskEventType:
      envelope(riskContentSchema, type, body)
      return checkChannel(ctx, roomId)
    case riskUpdateEventType:
      return checkRiskStep(ctx, sender, roomId, envelope(riskUpdateContentSchema, type, body))
    // Which step is possible the reducer says, on every device and node alike.
    case materialEventType:
      envelope(materialEventSchema, type, body)
      return checkChannel(ctx, roomId)
    case materialUpdateEventType:
      envelope(materialUpdateSchema, type, body)
      return checkChannel(ctx, roomId)
    case escalationEventType:
      return checkCall(ctx, sender, roomId, envelope(escalationContentSchema, type, body))
    case retentionEventType:
    case holdEventType:
      envelope(envelopeSchemas[type]!, type, body)
      return checkRetention(ctx, roomId, by)
    default:
      envelope(envelopeSchemas[type]!, type, body)
      return checkEscalationStep(ctx, sender, roomId, type, body)
  }
}

/**
 * State that sets targets or chains: what cannot be read would count as not there, and an institution's is its own
 * coordination's. @throws M_BAD_JSON, M_FORBIDDEN
 */
export async function checkCaseSettings(
  ctx: Context,
  sender: string,
  { type, stateKey, content }: { type: string; stateKey: string; content: unknown },
): Promise<void> {
  if (type !== caseTargetsEventType && type !== escalationChainEventType) return
  if (stateKey !== '' && !institutionKeySchema.safeParse(stateKey).success)
    throw badJson(`${type}: the state key must be empty or the key of an institution.`)
  // Emptied: the defaults again.
  if (type === caseTargetsEventType) envelope(caseTargetsSchema, type, content)
  else {
    const settings = envelope(escalationChainSettingsSchema, type, content)
    const problem = chainSettingsProblem(settings, stateKey)
    if (problem) throw refuse('escalation-chain.bounds', problem)
  }
  const { institution, role } = await ctx.policy.memberOf(sender)
  if (role !== 'coordinator' && role !== 'official')
    throw refuse('settings.role', {
      es: 'Los plazos y los llamados los fijan coordinadores y oficiales. Pida el cambio a su coordinación.',
      en: 'Times and calls are set by coordinators and officials. Ask your coordination for the change.',
    })
  if (stateKey !== '' && institution?.key !== stateKey)
    throw refuse('settings.own-institution', {
      es: `Los plazos y los llamados de ${stateKey} los fija su propia coordinación. Pídale el cambio.`,
      en: `Times and calls of ${stateKey} are set by its own coordination. Ask them for the change.`,
    })
}

/** @throws M_FORBIDDEN */
async function checkCall(
  ctx: Context,
  sender: string,
  roomId: string,
  content: EscalationContent,
): Promise<void> {
  // A call answered a moment ago stands in nobody's way.
  await ctx.escalations.fresh()
  const fault = await ctx.escalations.raising.check(sender, roomId, content)
  if (fault) throw refuse(fault.rule, fault.message, fault.contact)
}

function envelope<T>(schema: z.ZodType<T>, type: string, content: unknown): T {
  const parsed = schema.safeParse(content)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw badJson(`${type}: ${issue ? `${issue.path.join('.') || 'content'}: ${issue.message}` : 'malformed'}`)
}

const refuse = (rule: string, message: BilingualText, contact = ''): MatrixError =>
  policyRefusal(rule, contact, message)

/** References and cases are for topic channels, not for rooms that look like one. @throws M_FORBIDDEN */
export async function checkChannel(ctx: Context, roomId: string): Promise<void> {
  const found = await ctx.channels.recognise(roomId)
  if (!found.recognised) throw refuse('case.topic-channel', channelFaultText(found.fault))
}

/** Periods and holds are the coordination's, in a channel. @throws M_FORBIDDEN */
async function checkRetention(ctx: Context, roomId: string, by: Actor | undefined): Promise<void> {
  await checkChannel(ctx, roomId)
  if (by?.role !== 'coordinator')
    throw refuse('retention.coordinator', {
      es: 'Los plazos de conservación y las retenciones los decide la coordinación de una institución. Pídaselo a la suya.',
      en: 'Retention periods and holds are decided by the coordination of an institution. Ask yours.',
    })
}

async function checkActor(ctx: Context, sender: string, by: Actor): Promise<void> {
  const member = await ctx.policy.memberOf(sender)
  if (member.institution?.key === by.institution && member.role === by.role) return
  throw refuse('case.actor', {
    es: 'Su cuenta no es de la institución o del cargo en cuyo nombre se envía. Cierre sesión e ingrese de nuevo; si continúa, consulte a su coordinación.',
    en: 'Your account is not of the institution or role this is sent for. Sign out and in again; if it goes on, ask your coordination.',
  })
}

async function checkCase(ctx: Context, roomId: string, content: CaseContent): Promise<void> {
  await checkChannel(ctx, roomId)
  for (const key of [content.responsible, ...(content.receiving ?? [])])
    if (!ctx.directory.institution(key))
      throw refuse('case.responsible', {
        es: `El directorio no conoce la institución «${key}». Elija una del directorio.`,
        en: `The directory does not know the institution “${key}”. Choose one of the directory.`,
      })
  const now = Date.now()
  for (const at of [content.acknowledge_by, content.deadline])
    if (at < now - CLOCK_SLACK_MS || at > now + MAX_AHEAD_MS)
      throw refuse('case.deadline', {
        es: 'El plazo ya pasó o está a más de cinco años. Revise la fecha de su dispositivo y vuelva a enviar.',
        en: 'The deadline is past or more than five years ahead. Check the date of your device and send again.',
      })
  // A case sent a moment ago has used its reference.
  await ctx.cases.settled()
  if (!(await ctx.cases.references.isReserved(content.reference, content.requesting, roomId)))
    throw refuse('case.reference', {
      es: `La referencia ${content.reference} no está reservada para su institución en este canal, o ya se usó. Pida otra y vuelva a enviar.`,
      en: `The reference ${content.reference} is not reserved for your institution in this channel, or was used. Get another and send again.`,
    })
}

async function checkStep(ctx: Context, roomId: string, content: CaseUpdateContent): Promise<void> {
  const id = content['m.relates_to'].event_id
  const state = await ctx.cases.state(id)
  if (!state || state.roomId !== roomId)
    throw refuse('case-step.unknown_case', {
      es: 'Este canal no tiene ese caso. Actualice el tablero y vuelva a intentar.',
      en: 'This channel has no such case. Refresh the board and try again.',
    })
  const known = new Set([...state.history, ...state.refused, ...state.waiting].map((step) => step.eventId))
  if (content.after?.some((one) => !known.has(one)))
    throw refuse('case-step.unknown_after', {
      es: 'El paso sigue a otro que este servidor no tiene. Actualice el caso y vuelva a intentar.',
      en: 'The step follows one this server does not have. Refresh the case and try again.',
    })
  const reason = refusalOf(state, content)
  if (reason) throw refuse(`case-step.${reason}`, sentence(reason, state.status, content, state.owner))
}

function sentence(
  reason: CaseRefusalReason,
  status: keyof typeof caseStatuses,
  content: CaseUpdateContent,
  owner: string,
): BilingualText {
  const now = caseStatuses[status]
  const { es, en } = stepLabel(content.step)
  switch (reason) {
    case 'illegal_step':
      return {
        es: `«${es}» no es posible: el caso está ahora «${now.es}». Actualice el caso para ver los pasos posibles.`,
        en: `“${en}” is not possible: the case is now “${now.en}”. Refresh it to see the possible steps.`,
      }
    case 'not_a_party':
      return {
        es: `«${es}» no corresponde a su institución o a su cargo. La institución responsable ahora es ${owner}.`,
        en: `“${en}” is not for your institution or role. The institution responsible now is ${owner}.`,
      }
    case 'missing_field':
      return {
        es: `A «${es}» le falta un dato obligatorio. Complételo y vuelva a enviar.`,
        en: `“${en}” lacks a required field. Fill it in and send again.`,
      }
    case 'already_done':
      return { es: `«${es}» ya estaba hecho.`, en: `“${en}” was already done.` }
    case 'no_offer':
      return {
        es: 'No hay una transferencia ofrecida. Puede que la hayan retirado.',
        en: 'There is no transfer on offer. It may have been withdrawn.',
      }
    default:
      return {
        es: `«${es}» no se puede aplicar a este caso.`,
        en: `“${en}” cannot be applied to this case.`,
      }
  }
}

async function checkEscalationStep(
  ctx: Context,
  sender: string,
  roomId: string,
  type: string,
  content: Record<string, unknown>,
): Promise<void> {
  const id = (content['m.relates_to'] as { event_id: string }).event_id
  const escalation = await ctx.escalations.read(id)
  if (escalation?.roomId !== roomId)
    throw refuse('escalation.unknown_escalation', {
      es: 'Este canal no tiene ese llamado. Actualice y vuelva a intentar.',
      en: 'This channel has no such call. Refresh and try again.',
    })
  const { institution, role } = await ctx.policy.memberOf(sender)
  const reason = escalationRefusal(
    escalation,
    { event_id: '$', room_id: roomId, type, sender, origin_server_ts: Date.now(), content },
    {
      actorOf: () => ({
        ...(institution ? { institution: institution.key } : {}),
        ...(role ? { role } : {}),
      }),
      countryOf: (key) => ctx.federation.institution(key)?.country,
    },
  )
  if (reason)
    throw refuse(`escalation.${reason}`, escalationSentences[reason] ?? escalationSentences.illegal_step)
}

const escalationSentences: Partial<Record<RefusalReason, BilingualText>> & { illegal_step: BilingualText } = {
  illegal_step: {
    es: 'Ese paso no es posible en el estado actual del llamado. Actualice y vuelva a intentar.',
    en: 'That step is not possible as the call stands now. Refresh and try again.',
  },
  not_an_official: {
    es: 'El llamado no le corresponde todavía: lo atienden las instituciones a las que ya llamó, sus oficiales incluidos.',
    en: 'The call is not yours yet: the institutions it has called answer it, their officials included.',
  },
  own_escalation: {
    es: 'Quien hizo el llamado no puede atenderlo. Otra persona debe hacerlo.',
    en: 'Whoever raised the call cannot answer it. Somebody else has to.',
  },
  already_acknowledged: {
    es: 'El llamado ya está atendido.',
    en: 'The call has been answered already.',
  },
  not_theirs: {
    es: 'Esto corresponde a quien atiende el llamado, a quien lo hizo y a las instituciones llamadas.',
    en: 'This is for whoever answered the call, whoever raised it, and the institutions called.',
  },
  too_long: {
    es: 'Una pausa dura siete días como máximo.',
    en: 'A snooze lasts seven days at most.',
  },
}
