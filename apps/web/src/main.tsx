import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { keepFieldsUntold } from './lib/untold-fields.ts'
import './styles/first.css'
import { watchInstall } from './viewmodel/phone/install.ts'
import { createApp } from './viewmodel/session/app.ts'
import { createRouter } from './viewmodel/session/router.ts'
import { watchUpdates } from './viewmodel/session/updates.ts'
import { App } from './views/session/app.tsx'
import { language } from './words/language.ts'

const AT_WORK_MS = 3_000
const CALM_MS = 4_000

document.documentElement.lang = language.get()
watchInstall()
const app = createApp(location.origin)
const root = document.getElementById('root')
if (!root) throw new Error('The page has no root element.')
keepFieldsUntold(document.body)
createRoot(root).render(
  <StrictMode>
    <App app={app} router={createRouter()} />
  </StrictMode>,
)
app.start()
// What is kept for a start without network would be in the way of whoever signs in for the first time: it waits until they are at
// work. With nobody there, and a line that is not known to be slow, it does not wait for them.
window.addEventListener('load', () => {
  if (navigator.serviceWorker?.controller) return void watchUpdates()
  let begun = app.state.get().phase !== 'signed-out'
  const begin = () => {
    begun = true
  }
  addEventListener('input', begin, { once: true })
  if (app.state.get().phase === 'ready') return void setTimeout(watchUpdates, AT_WORK_MS)
  const stop = app.state.subscribe(() => {
    begin()
    if (app.state.get().phase !== 'ready') return
    stop()
    setTimeout(watchUpdates, AT_WORK_MS)
  })
  if (isSlow()) return
  setTimeout(() => {
    if (begun) return
    stop()
    void watchUpdates()
  }, CALM_MS)
})

/** As far as the browser says (Network Information API). */
function isSlow(): boolean {
  const { connection } = navigator as { connection?: { effectiveType?: string; saveData?: boolean } }
  return connection?.saveData === true || /2g|3g/.test(connection?.effectiveType ?? '')
}
