import type { Context } from '../context.ts'
import { createInvitations } from './invitations.ts'
import type { People } from './types.ts'

export async function createPeople(ctx: Context): Promise<People> {
  return { invitations: await createInvitations(ctx) }
}
