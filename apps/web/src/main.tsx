import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './styles/index.css'
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
