import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './styles/tokens.css'
import './styles/base.css'
import './styles/workplace.css'
import './styles/timeline.css'
import './styles/panels.css'
import './styles/calls.css'
import './styles/board.css'
import './styles/cases.css'
import './styles/delivery.css'
import { createApp } from './viewmodel/session/app.ts'
import { createRouter } from './viewmodel/session/router.ts'
import { watchUpdates } from './viewmodel/session/updates.ts'
import { App } from './views/session/app.tsx'
import { language } from './words/language.ts'

document.documentElement.lang = language.get()
const app = createApp(location.origin)
const root = document.getElementById('root')
if (!root) throw new Error('The page has no root element.')
createRoot(root).render(
  <StrictMode>
    <App app={app} router={createRouter()} />
  </StrictMode>,
)
app.start()
window.addEventListener('load', () => void watchUpdates())
