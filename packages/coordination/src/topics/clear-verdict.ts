/** What is said of an event that may not be in a channel as it is: a file of its own, since clients say it and only nodes need the forms. */
import type { BilingualText } from '@enlace/directory/text'

export type ClearEventVerdict =
  | { allowed: true }
  | {
      allowed: false
      reason: 'must_be_encrypted' | 'carries_text' | 'unknown_state' | 'weakens' | 'opens'
      message: BilingualText
    }

export const carriesText: ClearEventVerdict = {
  allowed: false,
  reason: 'carries_text',
  message: {
    es: 'Este evento viaja sin cifrar y no puede llevar texto libre ni otros campos. Escríbalo como mensaje cifrado.',
    en: 'This event travels unencrypted and may carry no free text or other fields. Write it as an encrypted message.',
  },
}
