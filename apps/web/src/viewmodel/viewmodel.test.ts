import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { en } from '../words/en/index.ts'
import { es } from '../words/es/index.ts'
import { brief, day } from '../words/format.ts'
import { addressOf, groupMembers } from './channels/members.ts'
import { marked } from './search/highlight.ts'
import { parsePath, pathOf } from './session/router.ts'
import type { Route } from './session/types.ts'
import { messageContent } from './timeline/composer.ts'
import { safeHref, segments } from './timeline/rich-text.ts'

describe('text of a message', () => {
  test('no character is lost or added', () => {
    fc.assert(
      fc.property(fc.string(), fc.webUrl(), fc.string(), (before, url, after) => {
        const text = `${before} ${url} ${after}`
        expect(
          segments(text, ['Ana'])
            .map((part) => part.text)
            .join(''),
        ).toBe(text)
      }),
    )
  })

  test('only addresses of the web are links', () => {
    expect(segments('vea https://rnp.hn/a?b=1, gracias')).toEqual([
      { kind: 'text', text: 'vea ' },
      { kind: 'link', text: 'https://rnp.hn/a?b=1', href: 'https://rnp.hn/a?b=1' },
      { kind: 'text', text: ', gracias' },
    ])
    expect(safeHref('javascript:alert(1)')).toBeUndefined()
    expect(safeHref('https://rnp.hn@malo.example/')).toBeUndefined()
    expect(segments('<img src=x onerror=alert(1)>')).toEqual([
      { kind: 'text', text: '<img src=x onerror=alert(1)>' },
    ])
  })

  test('names of those mentioned are marked', () => {
    expect(segments('gracias @Ana López, va', ['Ana López'])).toEqual([
      { kind: 'text', text: 'gracias ' },
      { kind: 'mention', text: '@Ana López' },
      { kind: 'text', text: ', va' },
    ])
  })
})

describe('what is sent', () => {
  const members = [{ userId: '@j:gt', name: 'Juzgado' }]

  test('mentions, replies and edits', () => {
    expect(messageContent('hola @Juzgado', members)['m.mentions']).toEqual({ user_ids: ['@j:gt'] })
    const reply = messageContent('sí', members, { kind: 'reply', eventId: '$1', sender: '@j:gt' })
    expect(reply['m.relates_to']).toEqual({ 'm.in_reply_to': { event_id: '$1' } })
    expect(reply['m.mentions']).toEqual({ user_ids: ['@j:gt'] })
    const edit = messageContent('mejor', members, { kind: 'edit', eventId: '$1', sender: '@me:hn' })
    expect(edit).toMatchObject({
      'm.new_content': { body: 'mejor' },
      'm.relates_to': { rel_type: 'm.replace', event_id: '$1' },
    })
  })
})

describe('members', () => {
  test('stand by institution, those without one last', () => {
    const groups = groupMembers([
      { userId: '@c:x', name: 'Sin', membership: 'join' },
      {
        userId: '@b:hn',
        name: 'Beto',
        membership: 'join',
        institution: 'hn-a',
        institutionName: 'RNP',
        country: 'HN',
      },
      {
        userId: '@a:gt',
        name: 'Ana',
        membership: 'join',
        institution: 'gt-a',
        institutionName: 'PGN',
        country: 'GT',
      },
      {
        userId: '@d:hn',
        name: 'Ada',
        membership: 'join',
        institution: 'hn-a',
        institutionName: 'RNP',
        country: 'HN',
      },
    ])
    expect(groups.map((group) => [group.key, group.people.map((person) => person.name)])).toEqual([
      ['gt-a', ['Ana']],
      ['hn-a', ['Ada', 'Beto']],
      ['', ['Sin']],
    ])
  })

  test('an address may be typed whole or in part', () => {
    expect(addressOf('@a:gt.localhost:8210', 'hn')).toBe('@a:gt.localhost:8210')
    expect(addressOf('a:gt.localhost', 'hn')).toBe('@a:gt.localhost')
    expect(addressOf(' Registro.hn ', 'hn.localhost')).toBe('@registro.hn:hn.localhost')
    expect(addressOf('Ana López', 'hn')).toBeUndefined()
  })
})

describe('addresses of pages', () => {
  test('every page has one that leads back to it', () => {
    const routes: Route[] = [
      { page: 'channels' },
      { page: 'search' },
      { page: 'settings' },
      { page: 'board' },
      { page: 'case', caseId: '$a/b' },
      { page: 'new-case', draftId: 'd' },
      { page: 'channel', roomId: '!a/b:c' },
      { page: 'channel', roomId: '!a', eventId: '$x/y' },
      { page: 'channel', roomId: '!a', panel: 'members' },
    ]
    for (const route of routes) expect(parsePath(pathOf(route))).toEqual(route)
  })

  test('what is not a page is unknown, and nothing throws', () => {
    expect(parsePath('/canal/otro').page).toBe('unknown')
    expect(parsePath('/%E0%A4%A').page).toBe('unknown')
    fc.assert(fc.property(fc.string(), (path) => void parsePath(path)))
  })
})

describe('search results', () => {
  test('hits are marked whatever their accents, long texts are cut around the first', () => {
    expect(marked('Juzgado de la Niñez', 'ninez')).toEqual([
      { text: 'Juzgado de la ', hit: false },
      { text: 'Niñez', hit: true },
    ])
    const pieces = marked(`${'antes '.repeat(100)}aquí ${'después '.repeat(100)}`, 'aqui')
    expect(pieces[0]?.text).toBe('…')
    expect(pieces.at(-1)?.text).toBe('…')
    expect(pieces.some((piece) => piece.hit && piece.text === 'aquí')).toBe(true)
  })
})

describe('words', () => {
  test('English says all that Spanish says', () => {
    const keys = (value: object): string[] =>
      Object.entries(value).flatMap(([key, inner]) =>
        typeof inner === 'object' ? keys(inner).map((one) => `${key}.${one}`) : [key],
      )
    expect(keys(en).sort()).toEqual(keys(es).sort())
  })

  test('days by name near now, by date before', () => {
    const now = new Date(2026, 4, 4, 9).getTime()
    const ago = (days: number) => now - days * 86_400_000
    expect(day(ago(0), 'es', es, now)).toBe('Hoy')
    expect(day(ago(1), 'es', es, now)).toBe('Ayer')
    expect(day(ago(3), 'es', es, now)).toContain('mayo')
    expect(brief(ago(400), 'es', es, now)).toMatch(/\d{2}\/\d{2}\/\d{2}/)
  })
})
