import { createStore, type ReadableStore } from '../../lib/store.ts'

/** Where the person is. Addresses carry room and event ids only: no tokens, no text. */
export type Route =
  | { page: 'channels' }
  | { page: 'channel'; roomId: string; eventId?: string; panel?: 'members' }
  | { page: 'rules'; roomId: string }
  | { page: 'board' }
  | { page: 'case'; caseId: string }
  | { page: 'new-case'; draftId: string }
  | { page: 'search' }
  | { page: 'settings' }
  | { page: 'duty' }
  | { page: 'measures' }
  | { page: 'unknown' }

export function parsePath(path: string): Route {
  const parts = path.split('/').filter(Boolean).map(decode)
  if (parts.includes(undefined)) return { page: 'unknown' }
  const [first, roomId, third] = parts as string[]
  if (first === undefined || first === 'index.html') return { page: 'channels' }
  if (first === 'casos') {
    if (roomId === undefined) return { page: 'board' }
    if (roomId.startsWith('$') && third === undefined) return { page: 'case', caseId: roomId }
    if (roomId === 'nuevo' && third) return { page: 'new-case', draftId: third }
  }
  if (first === 'buscar' && roomId === undefined) return { page: 'search' }
  if (first === 'medidas' && roomId === undefined) return { page: 'measures' }
  if (first === 'turnos' && roomId === undefined) return { page: 'duty' }
  if (first === 'ajustes' && roomId === undefined) return { page: 'settings' }
  if (first === 'canal' && roomId?.startsWith('!')) {
    if (third === undefined) return { page: 'channel', roomId }
    if (third === 'plazos') return { page: 'rules', roomId }
    if (third === 'integrantes') return { page: 'channel', roomId, panel: 'members' }
    if (third.startsWith('$')) return { page: 'channel', roomId, eventId: third }
  }
  return { page: 'unknown' }
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

export function pathOf(route: Route): string {
  switch (route.page) {
    case 'channel': {
      const base = `/canal/${encodeURIComponent(route.roomId)}`
      if (route.panel) return `${base}/integrantes`
      return route.eventId ? `${base}/${encodeURIComponent(route.eventId)}` : base
    }
    case 'rules':
      return `/canal/${encodeURIComponent(route.roomId)}/plazos`
    case 'board':
      return '/casos'
    case 'case':
      return `/casos/${encodeURIComponent(route.caseId)}`
    case 'new-case':
      return `/casos/nuevo/${encodeURIComponent(route.draftId)}`
    case 'search':
      return '/buscar'
    case 'measures':
      return '/medidas'
    case 'duty':
      return '/turnos'
    case 'settings':
      return '/ajustes'
    default:
      return '/'
  }
}

export interface Router {
  readonly route: ReadableStore<Route>
  go(route: Route, options?: { replace?: boolean }): void
  /** One step back, or to the channels when this page was the first. */
  back(): void
}

export function createRouter(): Router {
  const route = createStore<Route>(parsePath(location.pathname))
  let depth = 0
  window.addEventListener('popstate', () => {
    depth = Math.max(0, depth - 1)
    route.set(parsePath(location.pathname))
  })
  return {
    route,
    go(next, options) {
      const path = pathOf(next)
      if (path === location.pathname) {
        route.set({ ...next })
        return
      }
      if (options?.replace) history.replaceState(null, '', path)
      else {
        history.pushState(null, '', path)
        depth += 1
      }
      route.set(next)
    },
    back() {
      if (depth > 0) history.back()
      else {
        history.replaceState(null, '', '/')
        route.set({ page: 'channels' })
      }
    },
  }
}
