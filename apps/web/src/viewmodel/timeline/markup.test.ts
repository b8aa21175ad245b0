import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainOf } from '../../lib/rich-nodes.ts'
import { messageContent } from './composer.ts'
import { parseMarkup, toHtml } from './markup.ts'

const html = (text: string) => {
  const nodes = parseMarkup(text)
  return nodes && toHtml(nodes)
}

test.each([
  ['*urgente*', '<strong>urgente</strong>'],
  ['**urgente**', '<strong>urgente</strong>'],
  ['_hoy_ y ~ayer~', '<em>hoy</em> y <del>ayer</del>'],
  ['el *acta _nueva_ firmada*, ya', 'el <strong>acta <em>nueva</em> firmada</strong>, ya'],
  ['*_ambas_*', '<strong><em>ambas</em></strong>'],
  ['use `DNI *sin* guiones`', 'use <code>DNI *sin* guiones</code>'],
  ['```uno\n  dos```', '<pre><code>uno\n  dos</code></pre>'],
  ['antes\n```\nx < 1\n```\ndespués', 'antes<pre><code>x &lt; 1</code></pre>después'],
  ['- uno\n- *dos*', '<ul><li>uno</li><li><strong>dos</strong></li></ul>'],
  ['Lleve:\n3. acta\n4. foto\nY nada más', 'Lleve:<ol start="3"><li>acta</li><li>foto</li></ol>Y nada más'],
  ['> dijo\n> > antes\nyo', '<blockquote>dijo<blockquote>antes</blockquote></blockquote>yo'],
  ['*a*\n\n*b*', '<strong>a</strong><br><br><strong>b</strong>'],
  ['¿*Cómo*?', '¿<strong>Cómo</strong>?'],
  ['*niña* de 9 años', '<strong>niña</strong> de 9 años'],
  ['*2*3*4*', '<strong>2*3*4</strong>'],
  [
    '*vea* https://example.org/a_b_c/*x*?y=_z_1',
    '<strong>vea</strong> <a href="https://example.org/a_b_c/*x*?y=_z_1">https://example.org/a_b_c/*x*?y=_z_1</a>',
  ],
])('%j', (typed, made) => expect(html(typed)).toBe(made))

test.each([
  'a_b_c',
  '2*3*4',
  '2 * 3 * 4',
  '*.pdf y *.doc',
  'HN-2026_000123_v2 y __init__',
  '***',
  '* * *',
  '_____',
  '~5 km o ~10 km',
  'de 5 ~ 6 a 7 ~ 8',
  'https://example.org/_a_/*b*',
  'ana_maria_lopez@example.org',
  'C:\\_temp_\\x',
  '```sin cerrar',
  '``',
  '2026. Año',
  '-5 grados',
  'a > b',
  '*sin\ncerrar*',
  '<b>no</b>',
])('%j is left as it is', (typed) => {
  expect(html(typed)).toBeUndefined()
  expect(messageContent(typed, [])).not.toHaveProperty('formatted_body')
})

test('whatever is typed, none of it becomes a tag, and only signs go', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom(
      '*',
      '**',
      '_',
      '~',
      '`',
      '```',
      '\n',
      '- ',
      '1. ',
      '> ',
      ' ',
      '<img src=x>',
      '&lt;',
      '"',
      "'",
      'a',
    ),
    fc.webUrl(),
  )
  const allowed =
    /<\/?(?:strong|em|del|code|pre|ul|ol|li|blockquote)>|<ol start="\d+">|<br>|<a href="https?:[^"<>]*">|<\/a>/g
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = pieces.join('')
      const nodes = parseMarkup(text)
      if (!nodes) return
      expect(toHtml(nodes).replace(allowed, '')).not.toMatch(/[<>"]/)
      const letters = (of: string) => of.replace(/[*_~`>\-•\s\d.)]/g, '')
      expect(letters(plainOf(nodes))).toBe(letters(text))
    }),
    { numRuns: 500 },
  )
})

test('formatted text says whom it mentions, and leaves the plain text as it was typed', () => {
  const members = [{ userId: '@ana:hn.localhost', name: 'Ana <López>' }]
  const content = messageContent('*Urge*, @Ana <López>', members)
  expect(content).toMatchObject({
    body: '*Urge*, @Ana <López>',
    format: 'org.matrix.custom.html',
    formatted_body:
      '<strong>Urge</strong>, <a href="https://matrix.to/#/%40ana%3Ahn.localhost">@Ana &lt;López&gt;</a>',
  })
  const edit = messageContent('*ya*', members, { kind: 'edit', eventId: '$1', sender: '@ana:hn' })
  expect(edit['m.new_content']).toMatchObject({ body: '*ya*', formatted_body: '<strong>ya</strong>' })
})

test('what has no room for its form goes without it', () => {
  const long = `*x* ${'&'.repeat(19_000)}`
  expect(messageContent(long, [])).toMatchObject({ body: long })
  expect(messageContent(long, [])).not.toHaveProperty('formatted_body')
})
