import { html, type Markup, plain } from '../html.ts'
import { type Language, words } from '../words.ts'

/** Where the site lies below the origin of whoever serves it; a contract with service workers on people's phones. */
export const root = '/publico'

/** Says nothing of migration or help, loads fast, and is visited by everybody. */
export const elsewhere: Record<Language, string> = {
  es: 'https://es.wikipedia.org/',
  en: 'https://en.wikipedia.org/',
}

/** Files every page uses, by the address they have in this build. */
export interface Assets {
  style: string
  script: string
  icon: string
}

export interface PageContent {
  lang: Language
  /** below the language, with a slash at its end: `servicio/shelter/`; the start is `` */
  path: string
  /** the same page in the other language, if it is not at the same path */
  otherPath?: string
  title: string
  /** of the title, where it is not the page's */
  titleLang?: string
  /** in place of the same page in the other language: what is written there in other languages */
  alternates?: ReadonlyArray<{ hreflang: string; href: string }>
  body: Markup
  /** offers to filter the list that the page is */
  list?: true
}

export const linkTo = (lang: Language, path: string) => `${root}/${lang}/${path}`

export function page(content: PageContent, assets: Assets): string {
  const { lang, path, otherPath, title, titleLang, body, list } = content
  const say = words[lang]
  const other: Language = lang === 'es' ? 'en' : 'es'
  const elseHref = linkTo(other, otherPath ?? path)
  const whole = path === '' ? say.site : `${plain(title, 120)} · ${say.site}`
  const nav = [
    ['', say.home],
    ['servicio/', say.byService],
    ['lugar/', say.byPlace],
    ['institucion/', say.all],
    ['material/', say.materials],
    ['riesgo/', say.risks],
  ] as const
  const alternates = content.alternates ?? [
    { hreflang: lang, href: linkTo(lang, path) },
    { hreflang: other, href: elseHref },
  ]
  return html`<!DOCTYPE html>
<html lang="${lang}">
<head>
<meta charset="UTF-8">
<title>${whole}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="description" content="${say.tagline}">
<link rel="stylesheet" href="${assets.style}">
<link rel="icon" href="${assets.icon}" type="image/svg+xml">
${alternates.map(({ hreflang, href }) => html`<link rel="alternate" hreflang="${hreflang}" href="${href}">\n`)}<script type="module" src="${assets.script}"></script>
</head>
<body data-worker="${linkTo(lang, 'sw.js')}" data-elsewhere="${elsewhere[lang]}">
<header>
<a class="skip" href="#contenido">${say.skip}</a>
<p class="site"><a href="${linkTo(lang, '')}">${say.site}</a></p>
<a class="other" href="${elseHref}" lang="${other}" hreflang="${other}">${say.other}</a>
<a class="leave" href="${elsewhere[lang]}" rel="noreferrer nofollow" title="${say.leaveHow}">${say.leave}</a>
<nav aria-label="${say.site}"><ul>${nav.map(
    ([to, name]) =>
      html`<li><a href="${linkTo(lang, to)}"${to === path && html` aria-current="page"`}>${name}</a></li>`,
  )}</ul></nav>
</header>
<main id="contenido" tabindex="-1">
<p class="saved" role="status" hidden>${say.saved}<span></span>. ${say.savedAsk}</p>
<h1${titleLang && html` lang="${titleLang}"`}>${title}</h1>
<p class="aloud" hidden><button type="button" data-stop="${say.stop}">${say.read}</button></p>
${
  list &&
  html`<search class="filter" hidden>
<label for="filtro">${say.filter}</label>
<input id="filtro" type="search" autocomplete="off" maxlength="80" aria-describedby="filtro-nota">
<p id="filtro-nota">${say.filterNote}</p>
<label class="tick"><input id="abierto" type="checkbox"> ${say.openOnly}</label>
<p class="none" role="status" hidden>${say.none}</p>
</search>`
}
${body}
</main>
<footer><p><a href="${linkTo(lang, 'sobre/')}">${say.about}</a></p></footer>
</body>
</html>
`.text
}
