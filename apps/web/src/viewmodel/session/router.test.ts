import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePath, pathOf } from './router.ts'
import type { Route } from './types.ts'

test('every page has an address that leads back to it', () => {
  const routes: Route[] = [
    { page: 'channels' },
    { page: 'search' },
    { page: 'directory' },
    { page: 'import' },
    { page: 'export' },
    { page: 'directory-entry', key: 'gt-renap' },
    { page: 'entry-edit', key: 'gt-renap' },
    { page: 'entry-review', key: 'gt-renap' },
    { page: 'entry-history', key: 'gt-renap' },
    { page: 'suggestions' },
    { page: 'overdue' },
    { page: 'settings' },
    { page: 'share' },
    { page: 'shortcut', to: 'urgent' },
    { page: 'shortcut', to: 'case' },
    { page: 'duty' },
    { page: 'resets' },
    { page: 'institution' },
    { page: 'institution', key: 'gt-renap' },
    { page: 'institution', key: 'personas' },
    { page: 'office', part: 'people' },
    { page: 'office', part: 'people', detail: '@ana:hn.localhost:8110' },
    { page: 'office', part: 'activity' },
    { page: 'office', part: 'reports' },
    { page: 'office', part: 'retention' },
    { page: 'office', part: 'status' },
    { page: 'network' },
    { page: 'invitation' },
    { page: 'measures' },
    { page: 'risks' },
    { page: 'materials' },
    { page: 'materials', materialId: '$m' },
    { page: 'materials', draftId: 'b-1' },
    { page: 'board' },
    { page: 'case', caseId: '$a/b' },
    { page: 'new-case', draftId: 'd' },
    { page: 'rules', roomId: '!a/b:c' },
    { page: 'channel', roomId: '!abc:hn.localhost:8110' },
    { page: 'channel', roomId: '!v12/con/barras', panel: 'members' },
    { page: 'channel', roomId: '!abc', eventId: '$ev/+=' },
  ]
  for (const route of routes) expect(parsePath(pathOf(route))).toEqual(route)
})

test('an address that means nothing is a page that says so', () => {
  for (const path of [
    '/otra',
    '/canal/sin-signo',
    '/canal/otro',
    '/canal/%E0%A4%A',
    '/canal/!a/otra-cosa',
    '/casos/x',
    '/directorio/entrada',
    '/directorio/otra/gt-renap',
    '/directorio/entrada/gt-renap/otra',
    '/directorio/sugerencias/1',
    '/institucion/gt-renap/otra',
    '/institucion/personas/a/b',
  ])
    expect(parsePath(path)).toEqual({ page: 'unknown' })
})

test('addresses from before an institution had several pages lead where they led', () => {
  expect(parsePath('/institucion')).toEqual({ page: 'institution' })
  expect(parsePath('/institucion/gt-renap')).toEqual({ page: 'institution', key: 'gt-renap' })
})

test('no address makes it fail', () => {
  fc.assert(fc.property(fc.string(), (path) => parsePath(`/${path}`).page.length > 0))
})
