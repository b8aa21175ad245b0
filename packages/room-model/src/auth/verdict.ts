/** `rule` is the number of the rule in room version 12's list; versions 10 and 11 have the same rules one lower from 3 on. */
export type AuthVerdict = { allowed: true } | { allowed: false; rule: string; reason: string }

export const allow: AuthVerdict = { allowed: true }
export const reject = (rule: string, reason: string): AuthVerdict => ({ allowed: false, rule, reason })
