/** How a change of an entry becomes everybody's: signed by its institution, by way of the registry. */
import { isDeepStrictEqual } from 'node:util'
import type { DirectoryEntry } from '@enlace/directory/entry'
import type { BilingualText } from '@enlace/directory/text'
import { documentsOf, type EntryBook, entryTargets } from '@enlace/directory/upkeep'
import { publicView } from '@enlace/directory/visibility'
import { entryFileSchema, institutionPublicationSchema } from '@enlace/trust'
import type { Context } from '../../context.ts'
import { MatrixError } from '../../errors.ts'
import { keepingRefusals } from './refusals.ts'
import type { Publisher } from './types.ts'

const notThis: BilingualText = {
  es: 'Lo firmado no es lo que resulta de este cambio. Cargue la página de nuevo, compare y firme otra vez.',
  en: 'What was signed is not what this change comes to. Load the page again, compare and sign once more.',
}

export function createPublisher(ctx: Context): Publisher {
  if (ctx.config.federation.list === 'open')
    return {
      keeping: () => 'here',
      signed: () => undefined,
      isInForce: () => false,
      check: () => undefined,
      relay: async () => ({ state: 'published' }),
    }
  const said = (key: string, view: 'public' | 'network') => {
    const file = ctx.federationList.institutions.signedEntry(key, view)
    return file && { revision: file.revision, entry: file.entry as unknown as DirectoryEntry }
  }
  return {
    keeping(key) {
      const roster = ctx.federationList.institutions.roster(key)
      return !roster.usable && roster.reason === 'no-key' ? 'no_key' : 'signed'
    },
    // What anybody may see is not all there is: a book is never made from it.
    signed: (key) => said(key, 'network'),
    isInForce(key, { entry, revision }) {
      const whole = said(key, 'network')
      if (whole) return whole.revision === revision && isDeepStrictEqual(whole.entry, entry)
      const open = said(key, 'public')
      return open?.revision === revision && isDeepStrictEqual(open.entry, publicView(entry))
    },
    check: (key, book, publication) => (isOf(key, book, publication) ? undefined : notThis),
    async relay(key, publication) {
      try {
        await ctx.federationList.institutions.publishInstitution(key, publication)
        // The signed files come back as they come to every node: by the registry's list.
        await ctx.federationList.refresh()
        return { state: 'published' }
      } catch (error) {
        if (!(error instanceof MatrixError)) throw error
        if (error.status >= 500 || error.status === 429) return { state: 'unreachable' }
        const message = error.extra['org.enlace.message'] as BilingualText | undefined
        return { state: 'refused', message: message ?? keepingRefusals.quicker }
      }
    },
  }
}

/** Whether both files say exactly what the book comes to. Their signature is the registry's and the list's to check. */
function isOf(key: string, book: EntryBook, publication: unknown): boolean {
  const parsed = institutionPublicationSchema.safeParse(publication)
  if (!parsed.success || parsed.data.role !== key) return false
  const targets = entryTargets(key)
  return (['public', 'network'] as const).every((view) => {
    const text = parsed.data.targets[targets[view]]
    try {
      const file = entryFileSchema.parse(JSON.parse(text ?? ''))
      const wanted = documentsOf(book, file.view === 'network' ? file.nonce : '')[view]
      return isDeepStrictEqual(file, JSON.parse(JSON.stringify(wanted)))
    } catch {
      return false
    }
  })
}
