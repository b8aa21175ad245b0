/** What the node asks of a local person's envelopes of risks. What partners send the reducer judges. */
import {
  type RiskRefusal,
  type RiskUpdateContent,
  reduceRisk,
  riskEventType,
  riskRefusal,
} from '@enlace/coordination/risks'
import type { BilingualText } from '@enlace/directory/text'
import type { Context } from '../context.ts'
import { policyRefusal } from '../errors.ts'
import { rootOf, stepsOf, timelineEvent } from '../stream/envelopes.ts'

/** Steps of one report; more is not written by people, and each new one reads them all. */
const MAX_STEPS = 500

const refuse = (rule: string, message: BilingualText) => policyRefusal(`risk.${rule}`, '', message)

/** By the envelopes of that report as the log has them now. @throws M_FORBIDDEN */
export async function checkRiskStep(
  ctx: Context,
  sender: string,
  roomId: string,
  content: RiskUpdateContent,
): Promise<void> {
  const root = await rootOf(ctx.rooms, content['m.relates_to'].event_id, riskEventType)
  if (root?.roomId !== roomId) throw refuse('unknown_report', sentences.unknown_report)
  const steps = await stepsOf(ctx.rooms, root)
  if (steps.length >= MAX_STEPS) throw refuse('too_many', sentences.too_many)
  const state = reduceRisk(timelineEvent(root), steps.map(timelineEvent))
  if (typeof state === 'string') throw refuse('unknown_report', sentences.unknown_report)
  if (content.into !== undefined) {
    const other = await rootOf(ctx.rooms, content.into, riskEventType)
    if (other?.roomId !== roomId) throw refuse('unknown_report', sentences.unknown_report)
  }
  const reason = riskRefusal(state, sender, content)
  if (reason) throw refuse(reason, sentenceOf(reason))
}

const sentenceOf = (reason: RiskRefusal): BilingualText =>
  reason in sentences ? sentences[reason as keyof typeof sentences] : sentences.not_entitled

const sentences = {
  unknown_report: {
    es: 'Este canal no tiene ese reporte. Actualice y vuelva a intentar.',
    en: 'This channel has no such report. Refresh and try again.',
  },
  too_many: {
    es: `Este reporte ya tiene ${MAX_STEPS} pasos. Retírelo y haga uno nuevo.`,
    en: `This report has ${MAX_STEPS} steps already. Withdraw it and make a new one.`,
  },
  not_entitled: {
    es: 'Un reporte lo corrige o retira la institución que lo hizo; lo aprueba, objeta, une, firma o publica la coordinación de una institución, y firma la que lo aprobó. Pídaselo.',
    en: 'A report is corrected or withdrawn by the institution that made it; it is approved, objected to, merged, signed or published by the coordination of an institution, and signed by one that approved it. Ask them.',
  },
  own_version: {
    es: 'Nadie aprueba lo que escribió. Pida a otra coordinación que lo revise.',
    en: 'Nobody approves what they wrote. Ask another coordination to review it.',
  },
  unknown_target: {
    es: 'Esa versión o firma no está en el reporte. Actualice y lea lo que está.',
    en: 'That version or signature is not in the report. Refresh and read what is there.',
  },
  already_done: {
    es: 'Eso ya estaba hecho. Actualice para ver cómo está.',
    en: 'That was already done. Refresh to see how it stands.',
  },
  withdrawn: {
    es: 'El reporte fue retirado. Haga uno nuevo.',
    en: 'The report was withdrawn. Make a new one.',
  },
} satisfies Record<string, BilingualText>
