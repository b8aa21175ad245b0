/**
 * A place of a page that addresses lead to (`/ajustes#sesiones`): where other apps send people to do something about their
 * account. It is shown and focused when it is there, which may be later than the page, and once.
 */
export const anchor = (id: string) => ({
  id,
  tabIndex: -1,
  ref(element: HTMLElement | null) {
    if (!element || location.hash !== `#${encodeURIComponent(id)}`) return
    history.replaceState(null, '', location.pathname)
    element.scrollIntoView({ block: 'start' })
    element.focus({ preventScroll: true })
  },
})
