import type { Route } from '../http/route.ts'
import { credentialRoutes } from './routes/credentials.ts'
import { deviceRoutes } from './routes/devices.ts'
import { factorRoutes } from './routes/factors.ts'
import { lockRuleRoutes } from './routes/lock-rules.ts'
import { loginRoutes } from './routes/login.ts'
import { openIdRoutes } from './routes/openid.ts'
import { registerRoutes } from './routes/register.ts'
import { sessionRoutes } from './routes/session.ts'
import { sessionListRoutes } from './routes/sessions.ts'

export const accountRoutes: Route[] = [
  ...loginRoutes,
  ...registerRoutes,
  ...sessionRoutes,
  ...credentialRoutes,
  ...deviceRoutes,
  ...openIdRoutes,
  ...factorRoutes,
  ...lockRuleRoutes,
  ...sessionListRoutes,
]
