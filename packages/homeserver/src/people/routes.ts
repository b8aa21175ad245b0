import type { Route } from '../http/route.ts'
import { invitationRoutes } from './invitation-routes.ts'
import { peopleRoutes } from './people-routes.ts'
import { personActs } from './person-acts.ts'

export const institutionPeopleRoutes: Route[] = [...peopleRoutes, ...invitationRoutes, ...personActs]
