import type { DirectoryEntry } from '@enlace/directory/entry'
import type { Context } from '../../context.ts'
import type { DirectoryBooks } from '../types.ts'
import { createBooks } from './books.ts'
import { openBookModels } from './models.ts'
import { createPublisher } from './publisher.ts'
import { createReminders } from './reminders.ts'
import { createSuggestions } from './suggestions.ts'

const RESUME_MS = 30_000
const REMIND_MS = 15 * 60_000

export async function createDirectoryBooks(ctx: Context): Promise<DirectoryBooks> {
  const models = await openBookModels(ctx.db)
  const books = createBooks(ctx, models, createPublisher(ctx))
  const suggestions = createSuggestions(ctx, models)
  const reminders = createReminders(ctx, models, books)
  const followSigned = () =>
    ctx.directory.follow((key) => {
      const { institutions } = ctx.federationList
      const file = institutions.signedEntry(key, 'network') ?? institutions.signedEntry(key, 'public')
      return file && { revision: file.revision, entry: file.entry as unknown as DirectoryEntry }
    })
  followSigned()
  ctx.federationList.institutions.onInstitutionChange(followSigned)
  // Whoever is admitted is in the registry's records too.
  ctx.federationList.onChange(() => void ctx.directory.refresh())
  const timers: NodeJS.Timeout[] = []
  const running = new Set<string>()

  /** Now and then, and never twice at once: a partner that is away takes seconds each time. */
  function every(ms: number, name: string, task: () => Promise<void>): void {
    const run = () => {
      if (running.has(name)) return
      running.add(name)
      task()
        .catch((error: unknown) => ctx.log.error({ err: error, task: name }, 'the directory was not kept up'))
        .finally(() => running.delete(name))
    }
    timers.push(setInterval(run, ms).unref())
  }

  ctx.metrics.gaugeOfEach(
    'enlace_directory_groups',
    'Groups of fields of this node’s institutions, by how much they can be relied on.',
    'freshness',
    async () => {
      const count = { verified: 0, due: 0, overdue: 0 }
      for (const key of ctx.config.institutions)
        if (ctx.directory.record(key))
          for (const { freshness } of reminders.ofBook(await books.read(key))) count[freshness] += 1
      return Object.entries(count).map(([label, value]) => ({ label, value }))
    },
  )

  return {
    books,
    suggestions,
    reminders,
    async start() {
      await books.resume()
      every(RESUME_MS, 'directory books', async () => {
        await books.resume()
        await suggestions.resume()
      })
      every(REMIND_MS, 'directory reminders', () => reminders.run())
      reminders
        .run()
        .catch((error: unknown) => ctx.log.error({ err: error }, 'coordinators were not reminded'))
    },
    close() {
      for (const timer of timers) clearInterval(timer)
    },
  }
}
