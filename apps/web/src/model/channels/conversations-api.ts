import { roleSchema } from '@enlace/coordination'
import { z } from 'zod'
import { type AuthedRequest, ENLACE } from '../../lib/request.ts'

const PATH = `${ENLACE}/conversations`

const openedSchema = z.object({
  room_id: z.string(),
  existing: z.boolean(),
  not_reached: z.array(z.string()).catch([]),
})
const text = z.object({ es: z.string().max(2000), en: z.string().max(2000) })
const checkedSchema = z.object({
  user_id: z.string(),
  allowed: z.boolean(),
  institution: z.string().optional(),
  institution_name: z.string().optional(),
  country: z.string().optional(),
  role: roleSchema.optional().catch(undefined),
  message: text.optional().catch(undefined),
  duty_of: z.string().optional().catch(undefined),
})
/** Who somebody is, and whether one may write to them; `duty_of`: the institution whose duty can be written to instead. */
export type CheckedContact = z.output<typeof checkedSchema>
export type OpenedConversation = z.output<typeof openedSchema>

export const openDirect = async (request: AuthedRequest, userId: string): Promise<OpenedConversation> =>
  openedSchema.parse(await request('POST', PATH, { kind: 'direct', with: userId }))

export const foundChannel = async (
  request: AuthedRequest,
  wanted: { corridor: string; topic: string; kinds?: readonly string[] },
): Promise<{ room_id: string; not_reached: string[] }> =>
  openedSchema.omit({ existing: true }).parse(await request('POST', `${ENLACE}/channels`, wanted))

export const openGroup = async (
  request: AuthedRequest,
  userIds: readonly string[],
): Promise<OpenedConversation> =>
  openedSchema.parse(await request('POST', PATH, { kind: 'group', with: userIds }))

export const checkContacts = async (
  request: AuthedRequest,
  userIds: readonly string[],
): Promise<CheckedContact[]> =>
  z
    .object({ people: z.array(checkedSchema) })
    .parse(await request('POST', `${PATH}/check`, { user_ids: userIds })).people
