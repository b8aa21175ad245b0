import type { Context } from '../context.ts'
import { createAccounts } from './accounts.ts'
import { createDevices } from './devices.ts'
import { openAccountModels } from './models.ts'
import { createTokens } from './tokens.ts'
import type { Accounts, Devices, Tokens } from './types.ts'

/** Accounts, devices and sessions share their two collections, so they are opened together. */
export async function createAccountServices(
  ctx: Context,
  options: { allowDemoPassword?: boolean } = {},
): Promise<{ accounts: Accounts; devices: Devices; tokens: Tokens }> {
  const models = await openAccountModels(ctx.db)
  return {
    accounts: createAccounts(ctx, models, options),
    devices: createDevices(ctx, models),
    tokens: await createTokens(ctx, models),
  }
}
