import type { Route } from '../../http/route.ts'
import { crossSigningRoutes } from './cross-signing.ts'
import { keyRoutes } from './keys.ts'
import { roomKeyRoutes } from './room-keys.ts'
import { sendToDeviceRoutes } from './send-to-device.ts'

export const encryptionRoutes: Route[] = [
  ...keyRoutes,
  ...crossSigningRoutes,
  ...roomKeyRoutes,
  ...sendToDeviceRoutes,
]
