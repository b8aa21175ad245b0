import type { Content, TDocumentDefinitions } from 'pdfmake/interfaces'
import type { PrintedFile, PrintedSection } from './case-file.ts'

/**
 * Turns a case file into a PDF on this device: its content was decrypted here and goes to no server. The library and its
 * fonts are fetched when the first one is made.
 */
export async function caseFilePdf(
  file: PrintedFile,
  pageOf: (page: number, pages: number) => string,
): Promise<Blob> {
  const [{ default: pdfmake }, { default: fonts }] = await Promise.all([
    import('pdfmake/build/pdfmake'),
    import('pdfmake/build/vfs_fonts'),
  ])
  pdfmake.addVirtualFileSystem(fonts)
  return pdfmake.createPdf(pdfDefinition(file, pageOf)).getBlob()
}

export function pdfDefinition(
  file: PrintedFile,
  pageOf: (page: number, pages: number) => string,
): TDocumentDefinitions {
  return {
    pageSize: 'LETTER',
    pageMargins: [56, 56, 56, 64],
    info: { title: file.title, creator: 'Enlace' },
    defaultStyle: { fontSize: 10, lineHeight: 1.15 },
    styles: {
      title: { fontSize: 17, bold: true },
      subtitle: { fontSize: 12, color: '#444444', margin: [0, 2, 0, 6] },
      section: { fontSize: 12, bold: true, margin: [0, 14, 0, 4] },
      faint: { fontSize: 8.5, color: '#555555' },
    },
    content: [
      { text: file.title, style: 'title' },
      { text: file.subtitle, style: 'subtitle' },
      ...file.notice.map((line): Content => ({ text: line, style: 'faint' })),
      ...file.sections.flatMap(sectionOf),
    ],
    footer: (page, pages) => ({
      margin: [56, 18, 56, 0],
      columns: [
        { text: file.title, style: 'faint' },
        { text: pageOf(page, pages), style: 'faint', alignment: 'right' },
      ],
    }),
  }
}

function sectionOf(section: PrintedSection): Content[] {
  const { rows = [], entries = [], empty } = section
  if (rows.length === 0 && entries.length === 0)
    return empty === undefined
      ? []
      : [
          { text: section.title, style: 'section' },
          { text: empty, style: 'faint' },
        ]
  const body = [
    ...rows.map(([name, value]): [Content, Content] => [{ text: name, bold: true }, value]),
    ...entries.map((one): [Content, Content] => [
      { text: one.when, style: 'faint' },
      {
        stack: [
          { text: one.what, bold: true },
          ...one.lines.map((line): Content => ({ text: line })),
          { text: one.who, style: 'faint' },
        ],
      },
    ]),
  ]
  return [
    { text: section.title, style: 'section' },
    { table: { widths: ['30%', '*'], body, dontBreakRows: true }, layout: 'lightHorizontalLines' },
  ]
}
