/** What an operator may do to the accounts of a node: the same on a running node, through its socket, and on a stopped one. */
import { isSameCode, restartCode } from '@enlace/coordination'
import { z } from 'zod'
import type { AccountRecord } from '../accounts/types.ts'
import type { Context } from '../context.ts'
import type { IdentityReset } from '../e2ee/types.ts'
import { invalidParam, notFound } from '../errors.ts'

const name = z.string().min(1).max(255)
const password = z.string().max(2_000)
const role = z.enum(['staff', 'coordinator', 'official'])
const institution = z.string().min(1).max(64)

export const operatorAction = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('add'),
    name,
    password,
    displayName: z.string().max(256).optional(),
    institution: institution.optional(),
    role: role.optional(),
    admin: z.boolean().default(false),
  }),
  z.strictObject({ do: z.literal('list') }),
  z.strictObject({ do: z.literal('sessions'), name }),
  z.strictObject({ do: z.literal('end-sessions'), name, device: z.string().max(255).optional() }),
  z.strictObject({ do: z.literal('password'), name, password }),
  z.strictObject({
    do: z.literal('role'),
    name,
    /** `none` takes it away. */
    role: z.union([role, z.literal('none')]).optional(),
    institution: institution.optional(),
  }),
  z.strictObject({ do: z.literal('remove-factors'), name }),
  z.strictObject({ do: z.literal('approve-reset'), name, code: z.string().max(50).optional() }),
  z.strictObject({ do: z.literal('refuse-reset'), name, device: z.string().max(255).optional() }),
  z.strictObject({ do: z.literal('deactivate'), name, erase: z.boolean().default(false) }),
])
export type OperatorAction = z.output<typeof operatorAction>

export type OperatorResult = Record<string, unknown>

/** @throws MatrixError with a sentence for the operator */
export async function runOperatorAction(ctx: Context, action: OperatorAction): Promise<OperatorResult> {
  switch (action.do) {
    case 'add': {
      checkHosted(ctx, action.institution)
      const { name: localpart, admin: isAdmin, do: _do, ...rest } = action
      return await ctx.accounts.create({ ...rest, localpart, isAdmin })
    }
    case 'list':
      return { accounts: await ctx.accounts.list() }
    case 'sessions': {
      const { userId } = await accountNamed(ctx, action.name)
      return { userId, sessions: await ctx.devices.list(userId) }
    }
    case 'end-sessions': {
      const { userId } = await accountNamed(ctx, action.name)
      if (action.device === undefined) await ctx.accounts.endSessions(userId)
      else if (await ctx.devices.exists(userId, action.device))
        await ctx.devices.remove(userId, [action.device])
      else throw notFound(`${userId} no tiene ese dispositivo. / has no such device.`)
      return { userId }
    }
    case 'password': {
      const { userId } = await openAccountNamed(ctx, action.name)
      await ctx.accounts.setPassword(userId, action.password)
      await ctx.accounts.endSessions(userId)
      return { userId }
    }
    case 'remove-factors': {
      const { userId } = await openAccountNamed(ctx, action.name)
      await ctx.factors.removeAll(userId)
      // Whoever has a session there may be the reason.
      await ctx.accounts.endSessions(userId)
      return { userId }
    }
    case 'role': {
      const { userId } = await openAccountNamed(ctx, action.name)
      checkHosted(ctx, action.institution === 'none' ? undefined : action.institution)
      const orNull = <T extends string>(value: T | 'none' | undefined) => (value === 'none' ? null : value)
      await ctx.accounts.setPosition(userId, {
        role: orNull(action.role),
        institution: orNull(action.institution),
      })
      return { ...(await accountNamed(ctx, userId)) }
    }
    case 'approve-reset': {
      const { userId } = await openAccountNamed(ctx, action.name)
      const waiting = await waitingResets(ctx, userId)
      // One of them, or the only one, may be whoever stole the password: the code on the person's screen tells them apart.
      const { code } = action
      if (code === undefined)
        throw invalidParam(
          `Llame a la persona, pídale el código que ve en su pantalla y repita con --code. / Call the person, ask for the code on their screen and repeat with --code. ${waiting.map(({ deviceId }) => deviceId).join(', ')}`,
        )
      for (const one of waiting) {
        if (!isSameCode(code, await restartCode(userId, one.masterKey))) continue
        await ctx.identityResets.decideAsOperator(userId, one.masterKey, true)
        return { userId, deviceId: one.deviceId }
      }
      throw invalidParam(
        'Ese código no es de ninguna solicitud que espera: no confirme. / That code belongs to no waiting request: do not approve.',
      )
    }
    case 'refuse-reset': {
      const { userId } = await openAccountNamed(ctx, action.name)
      const refused = (await waitingResets(ctx, userId)).filter(
        (one) => action.device === undefined || one.deviceId === action.device,
      )
      for (const one of refused) await ctx.identityResets.decideAsOperator(userId, one.masterKey, false)
      return { userId, refused: refused.map(({ deviceId }) => ({ deviceId })) }
    }
    case 'deactivate': {
      const { userId } = await accountNamed(ctx, action.name)
      await ctx.accounts.deactivate(userId, { erase: action.erase })
      return { userId, erased: ctx.accounts.isErased(userId) }
    }
  }
}

async function waitingResets(ctx: Context, userId: string): Promise<IdentityReset[]> {
  const waiting = (await ctx.identityResets.ofUser(userId)).filter((one) => one.state === 'waiting')
  if (waiting.length === 0)
    throw notFound(`${userId} no espera ninguna aprobación. / is not waiting for approval.`)
  return waiting
}

async function accountNamed(ctx: Context, name: string): Promise<AccountRecord> {
  const userId = ctx.accounts.userIdFrom(name)
  const account = userId === undefined ? undefined : await ctx.accounts.get(userId)
  if (!account) throw notFound(`No hay ninguna cuenta ${name}. / There is no account ${name}.`)
  return account
}

async function openAccountNamed(ctx: Context, name: string): Promise<AccountRecord> {
  const account = await accountNamed(ctx, name)
  if (account.deactivated)
    throw invalidParam(`La cuenta ${account.userId} está cerrada para siempre. / is closed for good.`)
  return account
}

function checkHosted(ctx: Context, key: string | undefined): void {
  if (key === undefined || ctx.config.institutions.includes(key)) return
  throw invalidParam(
    `Este nodo no aloja ${key}: añádala primero a "institutions". / This node does not host ${key}: add it to "institutions" first.`,
  )
}
