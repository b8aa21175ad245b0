import { createStore } from '../../lib/store.ts'
import type { OfficePart, Route, Router } from './types.ts'

const entryPages: Record<string, 'entry-edit' | 'entry-review' | 'entry-history'> = {
  cambiar: 'entry-edit',
  revisar: 'entry-review',
  historial: 'entry-history',
}

/** What stands beside a channel. */
const panelWords: Record<string, 'members' | 'threads' | 'pinned'> = {
  integrantes: 'members',
  hilos: 'threads',
  fijados: 'pinned',
}
const THREAD_WORD = 'hilo'

/** Of an institution's own pages. */
const officeWords: Record<string, OfficePart> = {
  personas: 'people',
  salidas: 'leaving',
  sucesion: 'succession',
  actividad: 'activity',
  avisos: 'reports',
  conservacion: 'retention',
  estado: 'status',
}
const KEY_WORD = 'llave'

function officeRoute(word: string | undefined, detail: string | undefined): Route {
  if (word === undefined) return { page: 'institution' }
  if (word === KEY_WORD) return { page: 'institution', ...(detail === undefined ? {} : { key: detail }) }
  const part = Object.hasOwn(officeWords, word) ? officeWords[word] : undefined
  if (part) return { page: 'office', part, ...(detail === undefined ? {} : { detail }) }
  // Addresses from before there were several pages.
  return detail === undefined ? { page: 'institution', key: word } : { page: 'unknown' }
}

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
  if (first === 'directorio') {
    if (roomId === undefined) return { page: 'directory' }
    if (roomId === 'importar' && third === undefined) return { page: 'import' }
    if (roomId === 'exportar' && third === undefined) return { page: 'export' }
    if (roomId === 'entrada' && third && parts.length === 3) return { page: 'directory-entry', key: third }
    if (roomId === 'entrada' && third && parts.length === 4) {
      const page = entryPages[String(parts[3])]
      if (page) return { page, key: third }
    }
    if (roomId === 'sugerencias' && third === undefined) return { page: 'suggestions' }
    if (roomId === 'por-verificar' && third === undefined) return { page: 'overdue' }
  }
  if (first === 'buscar' && roomId === undefined) return { page: 'search' }
  if (first === 'medidas' && roomId === undefined) return { page: 'measures' }
  if (first === 'reuniones' && third === undefined) {
    if (roomId === undefined) return { page: 'meetings' }
    if (roomId.startsWith('$')) return { page: 'meetings', meetingId: roomId }
  }
  if (first === 'riesgos' && roomId === undefined) return { page: 'risks' }
  if (first === 'materiales') {
    if (roomId === undefined) return { page: 'materials' }
    if (roomId.startsWith('$') && third === undefined) return { page: 'materials', materialId: roomId }
    if (roomId === 'borrador' && third && parts.length === 3) return { page: 'materials', draftId: third }
  }
  if (first === 'turnos' && roomId === undefined) return { page: 'duty' }
  if (first === 'empezar-de-nuevo' && roomId === undefined) return { page: 'resets' }
  if (first === 'institucion' && parts.length <= 3) return officeRoute(roomId, third)
  if (first === 'invitacion' && roomId === undefined) return { page: 'invitation' }
  if (first === 'red' && roomId === undefined) return { page: 'network' }
  if (first === 'compartir' && roomId === undefined) return { page: 'share' }
  if (first === 'atajo' && third === undefined) {
    if (roomId === 'urgente') return { page: 'shortcut', to: 'urgent' }
    if (roomId === 'caso') return { page: 'shortcut', to: 'case' }
  }
  if (first === 'ajustes' && roomId === undefined) return { page: 'settings' }
  if (first === 'dispositivo' && third === undefined)
    return { page: 'new-device', ...(roomId === undefined ? {} : { code: roomId }) }
  if (first === 'canal' && roomId?.startsWith('!')) {
    if (third === undefined) return { page: 'channel', roomId }
    if (third === 'plazos') return { page: 'rules', roomId }
    const panel = Object.hasOwn(panelWords, third) ? panelWords[third] : undefined
    if (panel) return { page: 'channel', roomId, panel }
    if (third === THREAD_WORD && parts[3]?.startsWith('$'))
      return { page: 'channel', roomId, thread: parts[3] }
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
      if (route.thread) return `${base}/${THREAD_WORD}/${encodeURIComponent(route.thread)}`
      if (route.panel)
        return `${base}/${Object.keys(panelWords).find((one) => panelWords[one] === route.panel)}`
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
    case 'directory':
      return '/directorio'
    case 'import':
      return '/directorio/importar'
    case 'export':
      return '/directorio/exportar'
    case 'directory-entry':
      return `/directorio/entrada/${encodeURIComponent(route.key)}`
    case 'search':
      return '/buscar'
    case 'measures':
      return '/medidas'
    case 'meetings':
      return route.meetingId === undefined
        ? '/reuniones'
        : `/reuniones/${encodeURIComponent(route.meetingId)}`
    case 'risks':
      return '/riesgos'
    case 'materials':
      if (route.draftId !== undefined) return `/materiales/borrador/${encodeURIComponent(route.draftId)}`
      return route.materialId === undefined
        ? '/materiales'
        : `/materiales/${encodeURIComponent(route.materialId)}`
    case 'entry-edit':
    case 'entry-review':
    case 'entry-history': {
      const word = Object.keys(entryPages).find((one) => entryPages[one] === route.page)
      return `/directorio/entrada/${encodeURIComponent(route.key)}/${word}`
    }
    case 'suggestions':
      return '/directorio/sugerencias'
    case 'overdue':
      return '/directorio/por-verificar'
    case 'duty':
      return '/turnos'
    case 'resets':
      return '/empezar-de-nuevo'
    case 'institution':
      return route.key === undefined
        ? `/institucion/${KEY_WORD}`
        : `/institucion/${KEY_WORD}/${encodeURIComponent(route.key)}`
    case 'office': {
      const word = Object.keys(officeWords).find((one) => officeWords[one] === route.part)
      return `/institucion/${word}${route.detail === undefined ? '' : `/${encodeURIComponent(route.detail)}`}`
    }
    case 'invitation':
      return '/invitacion'
    case 'network':
      return '/red'
    case 'share':
      return '/compartir'
    case 'shortcut':
      return route.to === 'urgent' ? '/atajo/urgente' : '/atajo/caso'
    case 'settings':
      return '/ajustes'
    case 'new-device':
      return route.code === undefined ? '/dispositivo' : `/dispositivo/${encodeURIComponent(route.code)}`
    default:
      return '/'
  }
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
