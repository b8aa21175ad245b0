/** What a browser with scripts adds to a page that works without: open now, leaving, filter, reading aloud, offline. */
import { offerReading } from './aloud.ts'
import { offerFilter } from './filter.ts'
import { offerLeaving } from './leave.ts'
import { tellOpening } from './tell.ts'

const { worker, elsewhere } = document.body.dataset
const language = document.documentElement.lang === 'en' ? 'en' : 'es'

if (elsewhere) offerLeaving(elsewhere)
tellOpening(language, offerFilter())
offerReading(language)

const { saved } = document.documentElement.dataset
const note = document.querySelector<HTMLElement>('.saved')
if (saved && note) {
  note.querySelector('span')!.textContent = new Date(saved).toLocaleDateString(language, {
    dateStyle: 'long',
  })
  note.hidden = false
}
// Whoever saves data is not made to fetch what was not asked for.
const { connection } = navigator as { connection?: { saveData?: boolean } }
if (worker && 'serviceWorker' in navigator && connection?.saveData !== true)
  navigator.serviceWorker.register(worker, { scope: worker.replace(/[^/]*$/, '') }).catch(() => {})
