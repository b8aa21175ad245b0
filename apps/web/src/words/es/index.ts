import { activity } from './activity.ts'
import { calls } from './calls.ts'
import { cases } from './cases.ts'
import { channels } from './channels.ts'
import { common } from './common.ts'
import { delivery } from './delivery.ts'
import { departures } from './departures.ts'
import { directory } from './directory.ts'
import { duty } from './duty.ts'
import { exports } from './exports.ts'
import { history } from './history.ts'
import { identity } from './identity.ts'
import { institution } from './institution.ts'
import { interchange } from './interchange.ts'
import { lock } from './lock.ts'
import { measures } from './measures.ts'
import { people } from './people.ts'
import { retention } from './retention.ts'
import { search } from './search.ts'
import { session } from './session.ts'
import { factors, sessions } from './sign-in.ts'
import { status } from './status.ts'
import { timeline } from './timeline.ts'
import { trust } from './trust.ts'
import { upkeep } from './upkeep.ts'

/** Every sentence of the client, in Spanish: the source. A file per area; English says the same in `../en`. */
export const es = {
  ...common,
  ...session,
  factors,
  lock,
  sessions,
  ...channels,
  ...timeline,
  ...trust,
  ...identity,
  ...history,
  ...activity,
  ...institution,
  ...status,
  ...retention,
  ...cases,
  ...exports,
  ...calls,
  ...departures,
  ...duty,
  ...directory,
  ...interchange,
  ...measures,
  ...delivery,
  ...people,
  ...search,
  ...upkeep,
}
