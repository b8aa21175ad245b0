/** A material as its page will be, for whoever writes it: the same blocks, words, style and paper, without the site around it. */
import type { MaterialContent } from '@enlace/coordination/materials/published'
import { html, Markup } from './html.ts'
import { materialPage, papers, publicPath } from './pages/materials.ts'
import type { Language } from './words.ts'

export { slug } from './html.ts'
export { papers, publicPath }
export type Paper = (typeof papers)[number]

/** Millimetres: width, height, and the margin of `site.css`. */
const sizes: Record<Paper, readonly [number, number, number]> = {
  a4: [210, 297, 12],
  a5: [148, 210, 10],
  a6: [105, 148, 7],
}

/**
 * A whole document without scripts. Its address has to end in `#a5` to be that paper.
 *
 * @param style `site.css`
 * @param paper shown as it is printed; undefined: as a telephone shows it
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
<style>${new Markup(paper ? onScreen(style, sizes[paper]) : style)}</style>
</head>
<body>
<main><h1 lang="${content.language}">${made.title}</h1>
${made.body}
</main>
</body>
</html>
`.text
}

/** What holds for paper holds on the screen too, with the paper's margins around it. */
function onScreen(style: string, [width, height, margin]: readonly [number, number, number]): string {
  const sheet = `@media screen{html{background:#fff}body{width:${width}mm;min-height:${height}mm;padding:${margin}mm}main{padding:0}}`
  return `${style.replaceAll('@media print', '@media all')}${sheet}:root{color-scheme:light}`
}
