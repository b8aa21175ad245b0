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
window.addEventListener('load', () => {
  if (navigator.serviceWorker?.controller || !isSlow()) return void watchUpdates()
  // What is kept for a start without network would be in the person's way on a slow line: it waits until they are at work.
  const stop = app.state.subscribe(() => {
    if (app.state.get().phase !== 'ready') return
    stop()
    setTimeout(() => void watchUpdates(), AT_WORK_MS)
  })
})

/** As far as the browser says (Network Information API). */
function isSlow(): boolean {
  const { connection } = navigator as { connection?: { effectiveType?: string; saveData?: boolean } }
  return connection?.saveData === true || /2g|3g/.test(connection?.effectiveType ?? '')
}
