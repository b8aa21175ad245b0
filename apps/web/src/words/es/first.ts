import { common } from './common.ts'
import { lock, lockRule } from './lock.ts'
import { session } from './session.ts'
import { factors, sessions } from './sign-in.ts'

/** What is said before somebody has signed in, and on every page: in the first that is downloaded. */
export const first = {
  ...common,
  ...session,
  factors,
  lock,
  lockRule,
  sessions,
}
