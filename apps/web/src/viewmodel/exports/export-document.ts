/** The document of a package, for people: Spanish first, then English. It needs nothing but itself, and runs nothing. */
import type { PrintedFile, PrintedSection } from '../cases/case-file.ts'

export interface DocumentPart {
  language: 'es' | 'en'
  title: string
  lines: readonly string[]
  proven: { title: string; points: readonly string[] }
  cases: readonly PrintedFile[]
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`).replace(/\n/g, '<br>')

const STYLE = `body{font:11pt/1.45 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
h1{font-size:17pt;margin:0 0 .3rem}h2{font-size:14pt;border-top:1px solid #999;padding-top:1rem;margin-top:2rem}h3{font-size:12pt;margin:1.2rem 0 .3rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25rem .5rem .25rem 0;border-bottom:1px solid #ccc;overflow-wrap:anywhere}th{width:32%;font-weight:600}
.faint{color:#444;font-size:9.5pt}ul{padding-left:1.2rem}main+main{break-before:page;border-top:3px double #999;margin-top:3rem;padding-top:1rem}
@media print{body{margin:0;max-width:none}h2,h3{break-after:avoid}tr{break-inside:avoid}}`

export function exportDocument(parts: readonly DocumentPart[]): string {
  return `<!doctype html>
<html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(parts[0]?.title ?? '')}</title><style>${STYLE}</style></head><body>
${parts.map(partOf).join('\n')}
</body></html>
`
}

const partOf = ({ language, title, lines, proven, cases }: DocumentPart): string =>
  `<main lang="${language}"><h1>${escaped(title)}</h1>
${lines.map((line) => `<p>${escaped(line)}</p>`).join('\n')}
<h3>${escaped(proven.title)}</h3><ul>${proven.points.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul>
${cases.map(caseOf).join('\n')}</main>`

const caseOf = ({ title, subtitle, notice, sections }: PrintedFile): string =>
  `<section><h2>${escaped(title)}</h2><p>${escaped(subtitle)}</p>
${notice.map((line) => `<p class="faint">${escaped(line)}</p>`).join('')}
${sections.map(sectionOf).join('\n')}</section>`

function sectionOf({ title, rows = [], entries = [], empty }: PrintedSection): string {
  if (rows.length + entries.length === 0)
    return empty === undefined ? '' : `<h3>${escaped(title)}</h3><p class="faint">${escaped(empty)}</p>`
  const cells = [
    ...rows.map(
      ([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
    ),
    ...entries.map(
      ({ when, what, who, lines }) =>
        `<tr><th scope="row" class="faint">${escaped(when)}</th><td><b>${escaped(what)}</b>${lines
          .map((line) => `<br>${escaped(line)}`)
          .join('')}<br><span class="faint">${escaped(who)}</span></td></tr>`,
    ),
  ]
  return `<h3>${escaped(title)}</h3><table>${cells.join('')}</table>`
}
