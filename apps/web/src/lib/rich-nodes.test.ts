import { expect, test } from 'vitest'
import { element, lineOf, type RichNode, textNode } from './rich-nodes.ts'

const li = (text: string) => element('li', [textNode(text)])

test('a tree on one line has no sign of its form and no two words run together', () => {
  const tree: RichNode[] = [
    element('p', [textNode('Hola '), element('strong', [textNode('colegas')]), textNode(':')]),
    element('ul', [li('partida'), li('DPI')]),
    { kind: 'element', tag: 'ol', start: 4, children: [li('Omoa'), li('Tela')] },
    element('blockquote', [textNode('dijo'), { kind: 'break' }, textNode('esto')]),
    { kind: 'rule' },
    { kind: 'mention', userId: '@a:hn.localhost', text: '@Registro' },
    textNode(' '),
    { kind: 'link', href: 'https://example.org/', children: [textNode('aquí')] },
    element('table', [element('tr', [element('td', [textNode('uno')]), element('td', [textNode('dos')])])]),
  ]
  expect(lineOf(tree)).toBe('Hola colegas: • partida • DPI 4. Omoa 5. Tela dijo esto @Registro aquí uno dos')
  // Inside a word a sign of form parts nothing.
  expect(lineOf([textNode('re'), element('em', [textNode('cibi')]), textNode('do')])).toBe('recibido')
  expect(lineOf([])).toBe('')
})
