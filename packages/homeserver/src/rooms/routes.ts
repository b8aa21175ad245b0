import type { Route } from '../http/route.ts'
import { createRoomRoutes } from './routes/create-room.ts'
import { directoryRoutes } from './routes/directory.ts'
import { membershipRoutes } from './routes/membership.ts'
import { readRoutes } from './routes/read.ts'
import { sendRoutes } from './routes/send.ts'

export const roomRoutes: Route[] = [
  ...createRoomRoutes,
  ...membershipRoutes,
  ...sendRoutes,
  ...readRoutes,
  ...directoryRoutes,
]
