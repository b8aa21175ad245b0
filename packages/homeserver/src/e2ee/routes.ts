import type { Route } from '../http/route.ts'
import { crossSigningRoutes } from './routes/cross-signing.ts'
import { envelopeRoutes } from './routes/envelopes.ts'
import { identityResetRoutes } from './routes/identity-resets.ts'
import { keyRoutes } from './routes/keys.ts'
import { resetFallbackRoutes } from './routes/reset-fallback.ts'
import { roomKeyRoutes } from './routes/room-keys.ts'
import { sendToDeviceRoutes } from './routes/send-to-device.ts'

export const encryptionRoutes: Route[] = [
  ...keyRoutes,
  ...crossSigningRoutes,
  ...identityResetRoutes,
  ...envelopeRoutes,
  ...resetFallbackRoutes,
  ...roomKeyRoutes,
  ...sendToDeviceRoutes,
]
