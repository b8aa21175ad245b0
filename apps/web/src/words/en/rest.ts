import type { RestWords } from '../types.ts'
import { activity } from './activity.ts'
import { calls } from './calls.ts'
import { caseForm } from './case-form.ts'
import { cases } from './cases.ts'
import { channels } from './channels.ts'
import { conversations } from './conversations.ts'
import { delivery } from './delivery.ts'
import { departures } from './departures.ts'
import { directory } from './directory.ts'
import { duty } from './duty.ts'
import { envelope } from './envelope.ts'
import { exports } from './exports.ts'
import { history } from './history.ts'
import { identity } from './identity.ts'
import { institution } from './institution.ts'
import { interchange } from './interchange.ts'
import { linkedAccounts } from './linked-accounts.ts'
import { look } from './look.ts'
import { measures } from './measures.ts'
import { media } from './media.ts'
import { messages } from './messages.ts'
import { notices } from './notices.ts'
import { otherDevice } from './other-device.ts'
import { people } from './people.ts'
import { phone } from './phone.ts'
import { reports } from './reports.ts'
import { retention } from './retention.ts'
import { search } from './search.ts'
import { share } from './share.ts'
import { status } from './status.ts'
import { timeline } from './timeline.ts'
import { trust } from './trust.ts'
import { unkept } from './unkept.ts'
import { upkeep } from './upkeep.ts'

export const rest: RestWords = {
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
  ...caseForm,
  ...calls,
  ...departures,
  ...duty,
  ...directory,
  ...interchange,
  ...look,
  ...measures,
  ...delivery,
  ...people,
  ...messages,
  ...search,
  ...upkeep,
  ...envelope,
  ...reports,
  ...exports,
  ...unkept,
  ...linkedAccounts,
  ...otherDevice,
  ...conversations,
  ...notices,
  ...media,
  ...share,
  ...phone,
}
