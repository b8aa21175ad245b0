import type { Route } from '../../http/route.ts'
import { accountDataRoutes } from './account-data.ts'
import { ephemeralRoutes } from './ephemeral.ts'
import { openIdRoutes } from './openid.ts'
import { profileRoutes } from './profile.ts'
import { pushRoutes } from './push.ts'
import { serverInfoRoutes } from './server-info.ts'

export const miscRoutes: Route[] = [
  ...accountDataRoutes,
  ...profileRoutes,
  ...ephemeralRoutes,
  ...pushRoutes,
  ...serverInfoRoutes,
  ...openIdRoutes,
]
