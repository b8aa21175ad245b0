/** What people sign in for on the node's pages. */
import type { Identified } from '../../accounts/sign-in.ts'
import type { Html } from './html.ts'
import type { Words } from './words.ts'

/** What somebody signs in for. */
export type Flow = {
  /** What was given on one of its pages counts for it alone. */
  id: string
  action: string
  /** Carried from form to form. */
  hidden: Readonly<Record<string, string>>
  intro(words: Words): string
  consent(words: Words, userId: string): { title: string; body: Html; allow: string }
  /** Where the browser ends up, if it leaves this node. */
  returnsTo?: string | undefined
  /** Why this person cannot go on. */
  obstacle?(words: Words, userId: string): Promise<Html | undefined>
  /** What `allow` and `deny` lead to: another address, or a last page. */
  allow(who: Identified & { known: boolean }): Promise<string | LastPage>
  deny(): Promise<string | LastPage>
  /** It leads to this node's own web client, where nobody else gets access: who comes by a provider is asked nothing more. */
  direct?: boolean
}
export type LastPage = { title: (words: Words) => string; text: (words: Words) => string }
