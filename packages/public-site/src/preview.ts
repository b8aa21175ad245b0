/** A material as its page will be, for whoever writes it: the same blocks, words, style and paper, without the site around it. */
import type { MaterialContent } from '@enlace/coordination/materials/published'
import { html, Markup } from './html.ts'
import { factsOf, materialPage, papers, publicPath } from './pages/materials.ts'
import type { Language } from './words.ts'

export { slug } from './html.ts'
export { factsOf, papers, publicPath }
export type Paper = (typeof papers)[number]

/** Millimetres: width, height, and the margin of `site.css`. */
export const paperSizes: Record<Paper, readonly [number, number, number]> = {
  a4: [210, 297, 12],
  a5: [148, 210, 10],
  a6: [105, 148, 7],
}

/**
 * A whole document without scripts.
 *
 * @param style `site.css`
 * @param paper shown as it is printed, and printed so; undefined: as a telephone shows it
 */
export function materialPreview(
  content: MaterialContent,
  {
    lang,
    style,
    paper,
    nameOf,
  }: { lang: Language; style: string; paper?: Paper | undefined; nameOf(institution: string): string },
): string {
  const made = materialPage(content, [], lang, (key) => html`<b>${nameOf(key)}</b>`)
  return html`<!DOCTYPE html>
<html lang="${lang}">
<head>
<meta charset="UTF-8">
<title>${made.title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<base target="_blank">
<style>${new Markup(paper ? onPaper(style, paper) : style)}</style>
</head>
<body>
<main><h1 lang="${content.language}">${made.title}</h1>
${made.body}
</main>
</body>
</html>
`.text
}

/** What holds for print and for this paper holds always, with the paper's margins around it on the screen. */
function onPaper(style: string, paper: Paper): string {
  const [width, height, margin] = paperSizes[paper]
  const sheet = `@media screen{html{background:#fff}body{width:${width}mm;min-height:${height}mm;padding:${margin}mm}main{padding:0}}`
  const always = style
    .replaceAll('@media print', '@media all')
    .replaceAll(`body:has(#${paper}:target)`, 'body')
  return `${always}${sheet}:root{color-scheme:light}`
}
