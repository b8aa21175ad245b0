/** Names as coordinators write them: composed, without what nobody sees. */
import { z } from 'zod'

export const MAX_NAME = 100

/** Two letters that look alike are one, and what is not seen is taken out: a name must be what it looks like. */
export const tidyName = (text: string): string =>
  text
    .normalize('NFC')
    .replace(/[\p{Cf}\p{Co}\p{Cn}]/gu, '')
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()

export const displayName = z.string().max(400).transform(tidyName).pipe(z.string().max(MAX_NAME))

/** Why somebody is suspended: a sentence, read by them and by coordinators. */
export const reasonText = z.string().max(1_000).transform(tidyName).pipe(z.string().min(3).max(300))
