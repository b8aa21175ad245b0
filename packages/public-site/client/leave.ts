/** Leaving at once: by the link, or Escape three times within two seconds. */

const leftMark = 'enlace-salida'
const withinMs = 2_000

export function offerLeaving(elsewhere: string): void {
  const leave = () => {
    document.documentElement.hidden = true
    document.title = ''
    // Whoever goes back from there comes to a page of this site that was read before: it leaves again.
    sessionStorage.setItem(leftMark, '1')
    location.replace(elsewhere)
  }
  const backAgain = (event: PageTransitionEvent) => {
    const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
    const isBack = event.persisted || entry?.type === 'back_forward'
    if (isBack && sessionStorage.getItem(leftMark)) leave()
    else sessionStorage.removeItem(leftMark)
  }
  addEventListener('pageshow', backAgain)
  document.querySelector('.leave')?.addEventListener('click', (event) => {
    event.preventDefault()
    leave()
  })
  let pressed: number[] = []
  addEventListener('keydown', ({ key, repeat }) => {
    if (repeat) return
    const now = Date.now()
    pressed = key === 'Escape' ? [...pressed.filter((at) => now - at < withinMs), now] : []
    if (pressed.length >= 3) leave()
  })
}
