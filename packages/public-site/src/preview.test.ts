import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { materialPage } from './pages/materials.ts'
import { materialPreview, papers } from './preview.ts'
import { leaflet } from './testing.ts'

const style = await readFile(new URL('../client/site.css', import.meta.url), 'utf8')
const nameOf = (key: string) => `Institución ${key}`

test('what is shown to the writer has the very blocks of the public page', () => {
  const content = leaflet()
  const article = /<article[\s\S]*<\/article>/
  const page = materialPage(content, [], 'es', () => undefined).body.text
  const preview = materialPreview(content, { lang: 'es', style, nameOf })
  expect(article.exec(preview)![0]).toBe(article.exec(page)![0])
  expect(preview).toContain(`Institución ${content.institution}`)
  expect(preview).toContain('<svg class="code"')
})

test('there is no script, whatever was written, and a link leaves the frame alone', () => {
  const hostile = leaflet({
    title: '</title><script>alert(1)</script>',
    blocks: [{ kind: 'text', markdown: '<img src=x onerror=alert(1)>' }],
  })
  const preview = materialPreview(hostile, { lang: 'en', style, nameOf: () => '<script>x</script>' })
  expect(preview).not.toMatch(/<script|<img/)
  expect(preview).toContain('<base target="_blank">')
})

test.each(papers)('on %s what holds for print holds on the screen', (paper) => {
  const preview = materialPreview(leaflet(), { lang: 'es', style, paper, nameOf })
  expect(preview).not.toContain('@media print')
  expect(preview).toContain('header nav,.leave')
  expect(preview).toContain(`@page ${paper}{size:${paper.toUpperCase()}`)
  expect(preview).toContain(`body{page:${paper}`)
  expect(preview).not.toContain(`#${paper}:target`)
})
