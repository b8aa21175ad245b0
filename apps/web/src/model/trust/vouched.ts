import { z } from 'zod'
import { type AuthedRequest, ENLACE, unlessAbsent } from '../../lib/request.ts'

const answerSchema = z.object({
  members: z.record(
    z.string(),
    z.discriminatedUnion('vouched', [
      z.object({ vouched: z.literal(true) }),
      z.object({
        vouched: z.literal(false),
        reason: z.object({ es: z.string(), en: z.string() }).optional().catch(undefined),
      }),
    ]),
  ),
  version: z.number(),
})

export type VouchedList = z.output<typeof answerSchema>

/** @returns 'absent' on a server that vouches for nobody: any other Matrix homeserver */
export async function fetchVouched(request: AuthedRequest, roomId: string): Promise<VouchedList | 'absent'> {
  const path = `${ENLACE}/rooms/${encodeURIComponent(roomId)}/vouched`
  return (await unlessAbsent(request('GET', path).then((answer) => answerSchema.parse(answer)))) ?? 'absent'
}

/** Whether somebody who was vouched for no longer is: what was shared with them must not be used on. */
export function hasLost(before: VouchedList, now: VouchedList): boolean {
  return Object.entries(before.members).some(
    ([userId, { vouched }]) => vouched && now.members[userId]?.vouched !== true,
  )
}
