import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HtmlNode, sanitised } from './rich-html.ts'
import { plainOf, type RichNode } from './rich-nodes.ts'

// A parsed document, as a browser makes one; parsing itself is tested in a browser (tests/browser-messages.test.ts).
const words = (text: string): HtmlNode => ({
  nodeType: 3,
  nodeName: '#text',
  nodeValue: text,
  childNodes: [],
})
const tag = (name: string, attributes: Record<string, string>, ...childNodes: HtmlNode[]): HtmlNode => ({
  nodeType: 1,
  nodeName: name.toUpperCase(),
  nodeValue: null,
  childNodes,
  getAttribute: (wanted) => attributes[wanted] ?? null,
})
const body = (...children: HtmlNode[]) => tag('body', {}, ...children)
const link = (href: string, text: string) => sanitised(body(tag('a', { href }, words(text))))

const KINDS = ['text', 'break', 'rule', 'link', 'mention', 'element']
const TAGS = 'strong em del u sub sup code pre blockquote ul ol li p heading table tr th td'.split(' ')

/** Everything that is wrong with a tree. */
function faults(nodes: readonly RichNode[], depth = 0): string[] {
  return nodes.flatMap((node) => {
    const wrong = depth > 101 ? ['deep'] : []
    if (!KINDS.includes(node.kind)) wrong.push(`kind ${node.kind}`)
    if (node.kind === 'link' && !/^https?:\/\/[^/@]+(?:[/?#]|$)/.test(node.href)) wrong.push(node.href)
    if (node.kind === 'element' && !TAGS.includes(node.tag)) wrong.push(node.tag)
    for (const key of Object.keys(node))
      if (!['kind', 'text', 'href', 'host', 'userId', 'tag', 'start', 'children'].includes(key))
        wrong.push(key)
    return 'children' in node ? [...wrong, ...faults(node.children, depth + 1)] : wrong
  })
}

test('what Element writes is read', () => {
  expect(
    sanitised(
      body(
        tag('mx-reply', {}, words('lo que otro dijo')),
        tag('h1', {}, words('Aviso')),
        tag('p', { style: 'color:red' }, tag('b', {}, words('Urge')), words('  ya ')),
        tag('ul', {}, words('\n'), tag('li', {}, words('uno')), words('\n')),
        tag('pre', {}, tag('code', { class: 'language-ts' }, words('a  b\n'))),
        tag('span', { 'data-mx-color': '#fff', 'data-mx-spoiler': '' }, words('visto')),
      ),
    ),
  ).toEqual([
    { kind: 'element', tag: 'heading', children: [{ kind: 'text', text: 'Aviso' }] },
    {
      kind: 'element',
      tag: 'p',
      children: [
        { kind: 'element', tag: 'strong', children: [{ kind: 'text', text: 'Urge' }] },
        { kind: 'text', text: ' ya ' },
      ],
    },
    {
      kind: 'element',
      tag: 'ul',
      children: [{ kind: 'element', tag: 'li', children: [{ kind: 'text', text: 'uno' }] }],
    },
    {
      kind: 'element',
      tag: 'pre',
      children: [{ kind: 'element', tag: 'code', children: [{ kind: 'text', text: 'a  b\n' }] }],
    },
    { kind: 'text', text: 'visto' },
  ])
})

describe('links', () => {
  test('say where they lead when their words do not', () => {
    expect(link('https://malo.example/x', 'https://rnp.hn/x')).toEqual([
      {
        kind: 'link',
        href: 'https://malo.example/x',
        host: 'malo.example',
        children: [{ kind: 'text', text: 'https://rnp.hn/x' }],
      },
    ])
    expect(link('https://rnp.hn/x', 'https://rnp.hn/x')?.[0]).not.toHaveProperty('host')
  })

  test.each([
    'javascript:alert(1)',
    ' jAvaScript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'blob:https://hn.example/1',
    'file:///etc/passwd',
    'mxc://hn/x',
    '//malo.example',
    '/ajustes',
    '#x',
    '',
    'https://rnp.hn@malo.example/',
    'mailto:a@b.example',
    'https://matrix.to/#/@sin-servidor',
  ])('%j leads nowhere', (href) => {
    const found = link(href, 'pulse')
    for (const node of found ?? [])
      if (node.kind === 'link') expect(node.href).toMatch(/^https:\/\/matrix\.to\//)
    expect(plainOf(found ?? [])).toBe('pulse')
  })

  test('to a person are the person', () => {
    for (const href of [
      'https://matrix.to/#/@ana:hn.example',
      'https://matrix.to/#/%40ana%3Ahn.example?via=x',
    ])
      expect(link(href, 'La jueza')).toEqual([
        { kind: 'mention', userId: '@ana:hn.example', text: 'La jueza' },
      ])
  })
})

test('no more than is shown: depth, number; then the plain text counts', () => {
  let deep = words('x')
  for (let at = 0; at < 99; at++) deep = tag('b', {}, deep)
  expect(sanitised(body(deep))).toBeDefined()
  for (let at = 0; at < 3; at++) deep = tag('b', {}, deep)
  expect(sanitised(body(deep))).toBeUndefined()
  expect(sanitised(body(...Array.from({ length: 5_000 }, () => tag('i', {}, words('x')))))).toBeUndefined()
  expect(sanitised(body(tag('p', {}, words('  \n '))))).toBeUndefined()
  expect(sanitised(body(tag('script', {}, words('x'))))).toBeUndefined()
})

test('whatever the document, nothing but what is allowed comes out of it', () => {
  const names = fc.oneof(
    fc.constantFrom(
      ...'script style iframe svg math img a b i font marquee form input video object base link meta template div h1 ol li table tr td constructor __proto__ toString hasOwnProperty details mx-reply'.split(
        ' ',
      ),
    ),
    fc.string({ minLength: 1, maxLength: 8 }),
  )
  const addresses = fc.oneof(
    fc.string(),
    fc.webUrl(),
    fc.constantFrom(
      'javascript:alert(1)',
      'https://matrix.to/#/@a:b',
      'https://a:b@c.example',
      'http://[::1]/',
    ),
  )
  const { node } = fc.letrec<{ node: HtmlNode }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 6 },
      fc.string().map(words),
      fc
        .record({
          name: names,
          href: addresses,
          start: fc.oneof(fc.integer().map(String), fc.string()),
          inside: fc.array(tie('node'), { maxLength: 4 }),
        })
        .map(({ name, href, start, inside }) =>
          tag(
            name,
            { href, src: href, start, onclick: 'alert(1)', style: 'x', id: 'root', alt: href },
            ...inside,
          ),
        ),
    ),
  }))
  fc.assert(
    fc.property(fc.array(node, { maxLength: 5 }), (children) => {
      expect(faults(sanitised(body(...children)) ?? [])).toEqual([])
    }),
    { numRuns: 400 },
  )
})
