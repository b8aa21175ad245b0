import type { RestWords } from '../types.ts'
import { calls } from './calls.ts'
import { caseForm } from './case-form.ts'
import { cases } from './cases.ts'
import { channels } from './channels.ts'
import { conversations } from './conversations.ts'
import { delivery } from './delivery.ts'
import { envelope } from './envelope.ts'
import { history } from './history.ts'
import { identity } from './identity.ts'
import { look } from './look.ts'
import { media } from './media.ts'
import { messages } from './messages.ts'
import { notices } from './notices.ts'
import { reports } from './reports.ts'
import { share } from './share.ts'
import { timeline } from './timeline.ts'
import { trust } from './trust.ts'
import { unkept } from './unkept.ts'

export const rest: RestWords = {
  ...channels,
  ...timeline,
  ...trust,
  ...identity,
  ...history,
  ...cases,
  ...caseForm,
  ...calls,
  ...look,
  ...delivery,
  ...messages,
  ...envelope,
  ...reports,
  ...unkept,
  ...conversations,
  ...notices,
  ...media,
  ...share,
}
