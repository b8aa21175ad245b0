/** Accounts: who has one, what it may, where it is signed in. */
import { isSameCode, restartCode } from '@enlace/coordination'
import { z } from 'zod'
import type { AccountRecord } from '../../accounts/types.ts'
import type { Context } from '../../context.ts'
import type { IdentityReset } from '../../e2ee/types.ts'
import { invalidParam, notFound } from '../../errors.ts'
import { command } from '../command.ts'
import type { Area } from '../types.ts'

const name = z.string().min(1).max(255)
const password = z.string().max(2_000)
const role = z.enum(['staff', 'coordinator', 'official'])
const institution = z.string().min(1).max(64)
const device = z.string().max(255)
const NAME = ['name'] as const

const OPTIONS = {
  institution: {
    es: 'clave de la institución, de las que aloja este nodo',
    en: 'key of the institution, one this node hosts',
  },
  device: { es: 'solo este dispositivo', en: 'this device only' },
}

export const accountsArea: Area = {
  name: 'accounts',
  describe: { es: 'Cuentas de este nodo', en: 'Accounts of this node' },
  main: 'list',
  commands: [
    command({
      name: 'add',
      describe: {
        es: 'Crea una cuenta. La contraseña se lee de la entrada estándar.',
        en: 'Makes an account. The password is read from standard input.',
      },
      where: 'node',
      positionals: NAME,
      secret: 'password',
      options: {
        displayName: { es: 'nombre que ven las demás personas', en: 'the name other people see' },
        institution: OPTIONS.institution,
        role: { es: 'staff | coordinator | official', en: 'staff | coordinator | official' },
        admin: {
          es: 'puede administrar el nodo desde su cliente',
          en: 'may administer the node from its client',
        },
      },
      input: z.strictObject({
        name,
        password,
        displayName: z.string().max(256).optional(),
        institution: institution.optional(),
        role: role.optional(),
        admin: z.boolean().default(false),
      }),
      async run(ctx, { name: localpart, admin: isAdmin, ...rest }) {
        checkHosted(ctx, rest.institution)
        return { ...(await ctx.accounts.create({ ...rest, localpart, isAdmin })) }
      },
    }),
    command({
      name: 'list',
      describe: { es: 'Las cuentas de este nodo', en: 'The accounts of this node' },
      where: 'node',
      reads: true,
      input: z.strictObject({}),
      run: async (ctx) => ({ accounts: await ctx.accounts.list() }),
    }),
    command({
      name: 'sessions',
      describe: { es: 'Dónde tiene la sesión abierta', en: 'Where it is signed in' },
      where: 'node',
      reads: true,
      positionals: NAME,
      input: z.strictObject({ name }),
      async run(ctx, input) {
        const { userId } = await accountNamed(ctx, input.name)
        return { userId, sessions: await ctx.devices.list(userId) }
      },
    }),
    command({
      name: 'end-sessions',
      describe: { es: 'Cierra todas sus sesiones, o una', en: 'Ends all its sessions, or one' },
      where: 'node',
      positionals: NAME,
      options: { device: OPTIONS.device },
      input: z.strictObject({ name, device: device.optional() }),
      run: (ctx, input) => endSessions(ctx, input.name, input.device),
    }),
    command({
      name: 'password',
      describe: {
        es: 'Pone otra contraseña (de la entrada estándar) y cierra todas sus sesiones',
        en: 'Sets another password (from standard input) and ends all its sessions',
      },
      where: 'node',
      positionals: NAME,
      secret: 'password',
      input: z.strictObject({ name, password }),
      async run(ctx, input) {
        const { userId } = await openAccountNamed(ctx, input.name)
        await ctx.accounts.setPassword(userId, input.password)
        await ctx.accounts.endSessions(userId)
        return { userId }
      },
    }),
    command({
      name: 'remove-factors',
      describe: {
        es: 'Quita su segundo paso (perdió el teléfono y los códigos) y cierra todas sus sesiones',
        en: 'Takes away its second step (telephone and codes are lost) and ends all its sessions',
      },
      where: 'node',
      positionals: NAME,
      confirm: {
        es: 'La persona entrará solo con su contraseña hasta que ponga otro segundo paso. ¿Ya comprobó por teléfono quién la llama?',
        en: 'The person will sign in with the password alone until they set up another step. Have you made sure, by telephone, who is asking?',
      },
      input: z.strictObject({ name }),
      async run(ctx, input) {
        const { userId } = await openAccountNamed(ctx, input.name)
        await ctx.factors.removeAll(userId)
        // Whoever has a session there may be the reason.
        await ctx.accounts.endSessions(userId)
        return { userId }
      },
    }),
    command({
      name: 'role',
      describe: {
        es: 'Cambia su función o su institución; "none" la quita',
        en: 'Changes its role or institution; "none" takes it away',
      },
      where: 'node',
      positionals: NAME,
      options: {
        role: { es: 'staff | coordinator | official | none', en: 'staff | coordinator | official | none' },
        institution: OPTIONS.institution,
      },
      input: z.strictObject({
        name,
        role: z.union([role, z.literal('none')]).optional(),
        institution: institution.optional(),
      }),
      async run(ctx, input) {
        const { userId } = await openAccountNamed(ctx, input.name)
        checkHosted(ctx, input.institution === 'none' ? undefined : input.institution)
        const orNull = <T extends string>(value: T | 'none' | undefined) => (value === 'none' ? null : value)
        await ctx.accounts.setPosition(userId, {
          role: orNull(input.role),
          institution: orNull(input.institution),
        })
        return { ...(await accountNamed(ctx, userId)) }
      },
    }),
    command({
      name: 'approve-reset',
      describe: {
        es: 'Confirma a quien empieza de nuevo con otras claves: el código está en su pantalla',
        en: 'Confirms who starts again with new keys: the code is on their screen',
      },
      where: 'node',
      positionals: NAME,
      options: {
        code: {
          es: 'el código que la persona ve en su pantalla',
          en: 'the code the person sees on their screen',
        },
      },
      input: z.strictObject({ name, code: z.string().max(50).optional() }),
      async run(ctx, { name, code }) {
        const { userId } = await openAccountNamed(ctx, name)
        const waiting = await waitingResets(ctx, userId)
        // One of them, or the only one, may be whoever stole the password: the code on the person's screen tells them apart.
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
      },
    }),
    command({
      name: 'refuse-reset',
      describe: { es: 'Rechaza a quien pide empezar de nuevo', en: 'Refuses who asks to start again' },
      where: 'node',
      positionals: NAME,
      options: { device: OPTIONS.device },
      input: z.strictObject({ name, device: device.optional() }),
      async run(ctx, input) {
        const { userId } = await openAccountNamed(ctx, input.name)
        const refused = (await waitingResets(ctx, userId)).filter(
          (one) => input.device === undefined || one.deviceId === input.device,
        )
        for (const one of refused) await ctx.identityResets.decideAsOperator(userId, one.masterKey, false)
        return { userId, refused: refused.map(({ deviceId }) => ({ deviceId })) }
      },
    }),
    command({
      name: 'deactivate',
      describe: {
        es: 'Cierra la cuenta para siempre; --erase oculta lo que escribió a quien entre después',
        en: 'Closes the account for good; --erase hides what it wrote from those who join later',
      },
      where: 'node',
      positionals: NAME,
      options: {
        erase: {
          es: 'oculta lo que escribió a quien entre después',
          en: 'hides what it wrote from those who join later',
        },
      },
      confirm: {
        es: 'La cuenta se cierra para siempre y nadie puede abrirla de nuevo. ¿Seguir?',
        en: 'The account is closed for good and nobody can open it again. Go on?',
      },
      input: z.strictObject({ name, erase: z.boolean().default(false) }),
      async run(ctx, input) {
        const { userId } = await accountNamed(ctx, input.name)
        await ctx.accounts.deactivate(userId, { erase: input.erase })
        return { userId, erased: ctx.accounts.isErased(userId) }
      },
    }),
  ],
}

export async function endSessions(ctx: Context, of: string, device?: string) {
  const { userId } = await accountNamed(ctx, of)
  if (device === undefined) await ctx.accounts.endSessions(userId)
  else if (await ctx.devices.exists(userId, device)) await ctx.devices.remove(userId, [device])
  else throw notFound(`${userId} no tiene ese dispositivo. / has no such device.`)
  return { userId }
}

async function waitingResets(ctx: Context, userId: string): Promise<IdentityReset[]> {
  const waiting = (await ctx.identityResets.ofUser(userId)).filter((one) => one.state === 'waiting')
  if (waiting.length === 0)
    throw notFound(`${userId} no espera ninguna aprobación. / is not waiting for approval.`)
  return waiting
}

export async function accountNamed(ctx: Context, name: string): Promise<AccountRecord> {
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
