import type { Route } from '../../http/route.ts'
import { createRoomRoutes } from './create-room.ts'
import { directoryRoutes } from './directory.ts'
import { membershipRoutes } from './membership.ts'
import { readRoutes } from './read.ts'
import { sendRoutes } from './send.ts'

export const roomRoutes: Route[] = [
  ...createRoomRoutes,
  ...membershipRoutes,
  ...sendRoutes,
  ...readRoutes,
  ...directoryRoutes,
]
