import type { Route } from '../../http/route.ts'
import { credentialRoutes } from './credentials.ts'
import { deviceRoutes } from './devices.ts'
import { loginRoutes } from './login.ts'
import { registerRoutes } from './register.ts'
import { sessionRoutes } from './session.ts'

export const accountRoutes: Route[] = [
  ...loginRoutes,
  ...registerRoutes,
  ...sessionRoutes,
  ...credentialRoutes,
  ...deviceRoutes,
]
