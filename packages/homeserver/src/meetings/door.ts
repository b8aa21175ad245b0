/** What the node asks of a local person's meeting envelopes. What partners send the reducer judges. */

import {
  type MeetingContent,
  type MeetingRefusal,
  type MeetingUpdateContent,
  meetingRefusal,
} from '@enlace/coordination/meetings'
import type { BilingualText } from '@enlace/directory/text'
import type { Context } from '../context.ts'
import { policyRefusal } from '../errors.ts'

const MAX_AHEAD_MS = 3 * 366 * 86_400_000

const refuse = (rule: string, message: BilingualText) => policyRefusal(`meeting.${rule}`, '', message)

/** @throws M_FORBIDDEN */
export function checkMeeting(ctx: Context, content: MeetingContent): void {
  if (content.by.role === 'staff') throw refuse('not_entitled', sentences.not_entitled)
  checkInstitutions(ctx, content.institutions)
  checkMoment(ctx, content.starts_ts)
}

/** @throws M_FORBIDDEN */
export async function checkMeetingStep(
  ctx: Context,
  roomId: string,
  content: MeetingUpdateContent,
): Promise<void> {
  const state = await ctx.meetings.state(content['m.relates_to'].event_id)
  if (state?.roomId !== roomId)
    throw refuse('unknown_meeting', {
      es: 'Este canal no tiene esa reunión. Actualice y vuelva a intentar.',
      en: 'This channel has no such meeting. Refresh and try again.',
    })
  if (content.to !== undefined) checkInstitutions(ctx, [content.to])
  for (const at of [content.starts_ts, content.next_ts, content.due_ts])
    if (at !== undefined) checkMoment(ctx, at)
  const seen = state.closed !== undefined && (content.after ?? []).includes(state.closed.eventId)
  const reason = meetingRefusal(state, content, seen)
  if (reason) throw refuse(reason, sentences[reason] ?? sentences.not_entitled)
}

function checkInstitutions(ctx: Context, keys: readonly string[]): void {
  for (const key of keys)
    if (!ctx.directory.institution(key))
      throw refuse('institution', {
        es: `El directorio no conoce la institución «${key}». Elija una del directorio.`,
        en: `The directory does not know the institution “${key}”. Choose one of the directory.`,
      })
}

function checkMoment(ctx: Context, at: number): void {
  if (at > ctx.clock.now() + MAX_AHEAD_MS)
    throw refuse('date', {
      es: 'La fecha está a más de tres años. Revísela y vuelva a enviar.',
      en: 'The date is more than three years ahead. Check it and send again.',
    })
}

const sentences: Partial<Record<MeetingRefusal, BilingualText>> & { not_entitled: BilingualText } = {
  not_entitled: {
    es: 'Esto lo hace la coordinación o un oficial de la institución que corresponde: la que convoca, o la responsable del compromiso. Pídaselo.',
    en: 'This is for the coordination or an official of the institution concerned: the one that convenes, or the one responsible for the commitment. Ask them.',
  },
  not_a_participant: {
    es: 'Su institución no participa en esta reunión. Pida a quien convoca que la invite.',
    en: 'Your institution does not take part in this meeting. Ask whoever convenes to invite it.',
  },
  unknown_target: {
    es: 'Ese compromiso o esa institución no está en la reunión. Actualice y vuelva a intentar.',
    en: 'That commitment or institution is not in the meeting. Refresh and try again.',
  },
  already_done: {
    es: 'Eso ya estaba hecho. Actualice para ver cómo está.',
    en: 'That was already done. Refresh to see how it stands.',
  },
  closed: {
    es: 'La reunión ya está cerrada. Escríbalo en la próxima.',
    en: 'The meeting is closed. Write it into the next one.',
  },
}
