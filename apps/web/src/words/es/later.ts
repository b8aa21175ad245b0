import { activity } from './activity.ts'
import { departures } from './departures.ts'
import { directory } from './directory.ts'
import { documents } from './documents.ts'
import { duty } from './duty.ts'
import { exports } from './exports.ts'
import { institution } from './institution.ts'
import { interchange } from './interchange.ts'
import { keyLoss } from './key-loss.ts'
import { linkedAccounts } from './linked-accounts.ts'
import { materials } from './materials.ts'
import { measures } from './measures.ts'
import { meetings } from './meetings.ts'
import { otherDevice } from './other-device.ts'
import { people } from './people.ts'
import { phone } from './phone.ts'
import { retention } from './retention.ts'
import { risks } from './risks.ts'
import { search } from './search.ts'
import { status } from './status.ts'
import { unsent } from './unsent.ts'
import { upkeep } from './upkeep.ts'

/** What the other pages say, and no conversation: fetched with the first of them. */
export const later = {
  ...activity,
  ...status,
  ...institution,
  ...departures,
  ...documents,
  ...duty,
  ...directory,
  ...interchange,
  ...materials,
  ...measures,
  ...meetings,
  ...people,
  unsent,
  ...upkeep,
  ...exports,
  ...retention,
  ...risks,
  ...keyLoss,
  ...linkedAccounts,
  ...otherDevice,
  ...search,
  ...phone,
}
