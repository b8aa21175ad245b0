import type { Context } from '../context.ts'
import { createDeviceKeys } from './device-keys.ts'
import { createKeyBackup } from './key-backup.ts'
import { openEncryptionModels } from './models.ts'
import { createToDevice } from './to-device.ts'
import type { DeviceKeys, KeyBackup, ToDevice } from './types.ts'

export async function createEncryptionServices(
  ctx: Context,
): Promise<{ deviceKeys: DeviceKeys; toDevice: ToDevice; keyBackup: KeyBackup }> {
  const models = await openEncryptionModels(ctx.db)
  return {
    deviceKeys: createDeviceKeys(ctx, models),
    toDevice: createToDevice(ctx, models),
    keyBackup: await createKeyBackup(ctx.db),
  }
}
