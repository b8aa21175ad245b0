import fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeHref } from '../../lib/safe-href.ts'
import { segments } from './rich-text.ts'

test('addresses become links, without the full stop behind them', () => {
  expect(segments('Vea https://example.org/a?b=1.')).toEqual([
    { kind: 'text', text: 'Vea ' },
    { kind: 'link', text: 'https://example.org/a?b=1', href: 'https://example.org/a?b=1' },
    { kind: 'text', text: '.' },
  ])
})

test('an address keeps what belongs to it, and leaves the sentence its own signs', () => {
  const address = (text: string) => segments(text).flatMap((one) => (one.kind === 'link' ? [one.text] : []))
  for (const whole of [
    'https://es.wikipedia.org/wiki/Omoa_(Honduras)',
    'https://example.org/a_(b_(c))',
    "https://example.org/l'agua",
    'https://example.org/q’eqchi',
    'https://example.org/?x[]=1&y={z}',
  ]) {
    expect(address(whole)).toEqual([whole])
    expect(address(`Vea ${whole}.`)).toEqual([whole])
    expect(address(`(vea ${whole})`)).toEqual([whole])
    expect(address(`«${whole}», dijo`)).toEqual([whole])
    expect(address(`'${whole}'`)).toEqual([whole])
    for (const unseen of ['\u200b', '\u200e', '\u202c', '\u2060', '\ufeff', '\u00ad'])
      expect(address(`${whole}${unseen} y más`)).toEqual([whole])
  }
})

test('only web addresses are links, and none that hides its host', () => {
  for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'https://banco.hn@malo.example/', 'no es']) {
    expect(safeHref(bad)).toBeUndefined()
  }
})

test('names that were mentioned stand out', () => {
  expect(segments('Hola @Registro civil, RENAP: urge', ['Registro civil, RENAP'])).toContainEqual({
    kind: 'mention',
    text: '@Registro civil, RENAP',
  })
})

test('what looks like HTML is text', () => {
  const text = '<img src=x onerror=alert(1)>'
  expect(segments(text)).toEqual([{ kind: 'text', text }])
})

test('whatever was written is shown whole', () => {
  const word = fc.oneof(fc.string(), fc.webUrl())
  const names = fc.array(fc.string({ minLength: 1 }), { maxLength: 2 })
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), names, (words, mentioned) => {
      const text = words.join(' ')
      const shown = segments(text, mentioned).map((one) => one.text)
      expect(shown.join('')).toBe(text)
    }),
  )
})

test('what stands around an address in other programs and hands is not of it', () => {
  const address = (text: string) => segments(text).flatMap((one) => (one.kind === 'link' ? [one.text] : []))
  for (const [text, found] of [
    ['—vea https://rnp.hn/a—y avise', 'https://rnp.hn/a'],
    ['vea https://rnp.hn/a–', 'https://rnp.hn/a'],
    ['‹https://rnp.hn/a›', 'https://rnp.hn/a'],
    ['¿vio https://rnp.hn/a?¡', 'https://rnp.hn/a'],
    ['https://rnp.hn/a•', 'https://rnp.hn/a'],
    ['https://rnp.hn/a。', 'https://rnp.hn/a'],
    ['（https://rnp.hn/a）', 'https://rnp.hn/a'],
    ['https://rnp.hn/a……', 'https://rnp.hn/a'],
    ['https://rnp.hn/partida-de-niñez_2026–1', 'https://rnp.hn/partida-de-niñez_2026–1'],
    ['https://rnp.hn/a-b/c~d', 'https://rnp.hn/a-b/c~d'],
  ] as const)
    expect(address(text), text).toEqual([found])
})
