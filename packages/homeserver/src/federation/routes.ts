/** Server-server endpoints, by what they are about. */
import { openIdFederationRoutes } from '../accounts/routes/openid.ts'
import { auditFederationRoutes } from '../audit/routes.ts'
import { directoryFederationRoutes } from '../directory/federation-routes.ts'
import { dutyFederationRoutes } from '../duty/routes.ts'
import type { Route } from '../http/route.ts'
import { mediaFederationRoutes } from '../media/federation-routes.ts'
import { reportFederationRoutes } from '../reports/routes.ts'
import { restoreFederationRoutes } from '../restore/routes.ts'
import { retentionFederationRoutes } from '../retention/routes.ts'
import { compatibilityRoutes } from './compatibility.ts'

import { historyRoutes } from './routes/history.ts'
import { inviteRoutes } from './routes/invite.ts'
import { keyRoutes } from './routes/keys.ts'
import { membershipRoutes } from './routes/membership.ts'
import { queryRoutes } from './routes/queries.ts'
import { sendRoutes } from './routes/send.ts'
import { trustFederationRoutes } from './trust/routes.ts'

export const federationRoutes: Route[] = [
  ...keyRoutes,
  ...compatibilityRoutes,
  ...sendRoutes,
  ...membershipRoutes,
  ...inviteRoutes,
  ...historyRoutes,
  ...queryRoutes,
  ...mediaFederationRoutes,
  ...openIdFederationRoutes,
  ...trustFederationRoutes,
  ...dutyFederationRoutes,
  ...retentionFederationRoutes,
  ...reportFederationRoutes,
  ...auditFederationRoutes,
  ...directoryFederationRoutes,
  ...restoreFederationRoutes,
]
