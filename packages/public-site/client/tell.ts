/** What the script says, in the page's language. */
import { type Opening, openingOf, openingText, type ScheduleFacts } from '@enlace/directory/opening'

/** Minutes go by while a page is read. */
const againMs = 30_000

const stateOf = (element: HTMLElement, now: number): Opening | undefined => {
  try {
    const schedules = JSON.parse(element.dataset['hours'] ?? '[]') as ScheduleFacts[]
    return openingOf(schedules, { now, country: element.dataset['country'] ?? '' })
  } catch {
    // Hours this script does not understand stay as they are written.
    return undefined
  }
}

/** "Abierto ahora; cierra a las 16:00", wherever the page has the hours for it. */
export function tellOpening(language: 'es' | 'en', changed: () => void): void {
  const tell = () => {
    const now = Date.now()
    for (const element of document.querySelectorAll<HTMLElement>('.now')) {
      const opening = stateOf(element, now)
      element.hidden = opening === undefined || opening.state === 'unknown'
      if (!opening || element.hidden) continue
      element.dataset['state'] = opening.state
      const text = openingText(opening, now)[language]
      if (element.textContent !== text) element.textContent = text
    }
    changed()
  }
  tell()
  setInterval(tell, againMs)
}
