import type { PocketItem, PocketPlace } from '@enlace/directory/pocket'
import type { Content, TDocumentDefinitions } from 'pdfmake/interfaces'

/** The pocket directory as a PDF, made on this device from what its person may see. */

export const pocketFormats = ['a6', 'a5', 'a4', 'letter'] as const
export type PocketFormat = (typeof pocketFormats)[number]

/** The sentences of a printed directory, in the language it is printed in. */
export interface PocketWords {
  language: 'es' | 'en'
  title: string
  /** who may have it, and when it was printed */
  subtitle: readonly string[]
  verified(day: string): string
  unverified: string
  example: string
  footer: string
  page(page: number, pages: number): string
  empty: string
}

interface Look {
  size: TDocumentDefinitions['pageSize']
  margins: [number, number, number, number]
  font: number
  columns: 1 | 2
}

const millimetre = 72 / 25.4

/** The inner margin has room for a staple or a fold. */
const looks: Record<PocketFormat, Look> = {
  a6: { size: 'A6', margins: [24, 24, 20, 30], font: 7.5, columns: 1 },
  a5: { size: 'A5', margins: [34, 30, 28, 36], font: 8.5, columns: 1 },
  a4: {
    size: 'A4',
    margins: [15 * millimetre, 14 * millimetre, 15 * millimetre, 18 * millimetre],
    font: 9.5,
    columns: 1,
  },
  letter: {
    size: 'LETTER',
    margins: [15 * millimetre, 14 * millimetre, 15 * millimetre, 18 * millimetre],
    font: 9.5,
    columns: 1,
  },
}

export async function pocketPdf(
  places: readonly PocketPlace[],
  format: PocketFormat,
  words: PocketWords,
): Promise<Blob> {
  const [{ default: pdfmake }, { default: fonts }] = await Promise.all([
    import('pdfmake/build/pdfmake'),
    import('pdfmake/build/vfs_fonts'),
  ])
  pdfmake.addVirtualFileSystem(fonts)
  return pdfmake.createPdf(pocketDefinition(places, format, words)).getBlob()
}

/** Letters that the font has not, by those that look the same: the glottal stop of Mayan languages is written in several ways. */
export const printable = (text: string) =>
  text.normalize('NFC').replace(/[\u02bc\u02b9\ua78b\ua78c\u2032]/g, '\u2019')

export function pocketDefinition(
  places: readonly PocketPlace[],
  format: PocketFormat,
  words: PocketWords,
): TDocumentDefinitions {
  const { size, margins, font } = looks[format]
  const wide = format === 'a4' || format === 'letter'
  return {
    pageSize: size ?? 'A4',
    pageMargins: margins,
    info: { title: words.title, creator: 'Enlace' },
    defaultStyle: { fontSize: font, lineHeight: 1.12 },
    styles: {
      title: { fontSize: font * 1.9, bold: true },
      place: { fontSize: font * 1.45, bold: true, margin: [0, font * 1.2, 0, font * 0.3] },
      service: { fontSize: font * 1.1, bold: true, margin: [0, font * 0.7, 0, font * 0.3] },
      faint: { fontSize: font * 0.86, color: '#333333' },
    },
    content: [
      { text: printable(words.title), style: 'title' },
      ...words.subtitle.map((line): Content => ({ text: printable(line), style: 'faint' })),
      ...(places.length === 0 ? [{ text: words.empty, margin: [0, font, 0, 0] } satisfies Content] : []),
      ...places.flatMap((place) => placeOf(place, words, wide)),
    ],
    // A heading alone at the foot of a page says nothing.
    pageBreakBefore: (node, nodes) =>
      (node.style === 'place' || node.style === 'service') &&
      nodes.getFollowingNodesOnPage().length === 0 &&
      node.pageNumbers.length > 0 &&
      nodes.getNodesOnNextPage().length > 0,
    footer: (page, pages) => ({
      margin: [margins[0], 8, margins[2], 0],
      columns: [
        { text: printable(words.footer), style: 'faint' },
        { text: words.page(page, pages), style: 'faint', alignment: 'right', width: 'auto' },
      ],
    }),
  }
}

function placeOf(place: PocketPlace, words: PocketWords, wide: boolean): Content[] {
  const country = place.country[words.language]
  return [
    {
      text: printable(country && country !== place.name ? `${place.name} · ${country}` : place.name),
      style: 'place',
      tocItem: false,
    },
    rule(1.2),
    ...place.services.flatMap(({ label, items }): Content[] => [
      {
        // Both languages, so that whoever reads the other finds it too.
        text: [
          printable(label[words.language]),
          {
            text: `  ${printable(label[words.language === 'es' ? 'en' : 'es'])}`,
            bold: false,
            style: 'faint',
          },
        ],
        style: 'service',
      },
      ...items.map((item) => itemOf(item, words, wide)),
    ]),
  ]
}

/** Lines instead of colours: it is copied, and copied again. */
export const rule = (width: number): Content => ({
  table: { widths: ['*'], body: [[{ text: '', border: [false, true, false, false] }]] },
  layout: {
    hLineWidth: (at) => (at === 0 ? width : 0),
    vLineWidth: () => 0,
    paddingTop: () => 0,
    paddingBottom: () => 0,
  },
})

function itemOf(item: PocketItem, words: PocketWords, wide: boolean): Content {
  const { language } = words
  const name: Content = {
    text: [
      { text: printable(item.institution), bold: true },
      item.example && !/ejemplo|example/i.test(item.institution) ? ` (${words.example})` : '',
    ],
  }
  const about = [item.service, item.place].filter((text) => text && text !== item.institution).join(' · ')
  const phones: Content[] = item.phones.map(
    ({ shown, notes }): Content => ({
      text: [
        { text: printable(shown), bold: true },
        notes[language] ? `  ${printable(notes[language])}` : '',
      ],
    }),
  )
  const rest: Content[] = [
    ...(item.hours[language] ? [{ text: printable(item.hours[language]) }] : []),
    ...(item.address ? [{ text: printable(item.address) }] : []),
    ...(item.more.length > 0
      ? [{ text: printable(item.more.map((text) => text[language]).join('. ')), style: 'faint' }]
      : []),
    { text: item.verified ? words.verified(item.verified) : words.unverified, style: 'faint' },
  ]
  const head: Content[] = [
    name,
    ...(about ? [{ text: printable(about), style: 'faint' } satisfies Content] : []),
  ]
  const stack: Content = wide
    ? {
        columns: [
          { width: '44%', stack: [...head, ...phones] },
          { width: '*', stack: rest },
        ],
        columnGap: 14,
      }
    : { stack: [...head, ...phones, ...rest] }
  return { ...stack, unbreakable: true, margin: [0, 0, 0, wide ? 7 : 5] }
}
