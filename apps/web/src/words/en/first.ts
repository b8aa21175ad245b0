import type { FirstWords } from '../types.ts'
import { common } from './common.ts'
import { lock, lockRule } from './lock.ts'
import { session } from './session.ts'
import { factors, sessions } from './sign-in.ts'

export const first: FirstWords = {
  ...common,
  ...session,
  factors,
  lock,
  lockRule,
  sessions,
}
