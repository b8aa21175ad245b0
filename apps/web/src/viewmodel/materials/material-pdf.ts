/**
 * A material for a print shop: the sheet at its size, 3 mm of bleed around it, crop marks outside. Made on this device. Trim and bleed
 * are boxes of the PDF too (ISO 32000-1, 14.11.2). Colours are RGB: a print shop converts them.
 */
import { type Inline, type MarkdownBlock, readMarkdown } from '@enlace/coordination/materials/markdown'
import type { MaterialBlock, MaterialContent } from '@enlace/coordination/materials/published'
import { factsOf, type Paper, paperSizes } from '@enlace/public-site/preview'
import type { CanvasLine, Content, TDocumentDefinitions } from 'pdfmake/interfaces'
import { printable, rule } from '../interchange/pocket-pdf.ts'

const mm = 72 / 25.4
const BLEED = 3 * mm
/** Around the sheet: the bleed, and the crop marks beyond it. */
const AROUND = 10 * mm
/** The band at the head, which runs over the edge. */
const BAND = 9 * mm
const COLOUR = '#0f4c5c'
const fonts: Record<Paper, number> = { a4: 12, a5: 10.5, a6: 9 }

interface PdfOptions {
  paper: Paper
  lang: 'es' | 'en'
  nameOf(institution: string): string
}

/** Whether the fonts have its letters: Latin, Greek and Cyrillic. Others are printed from the page, with the device's own fonts. */
export const isPrintable = (content: MaterialContent): boolean =>
  !/[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]|\p{Extended_Pictographic}/u.test(
    JSON.stringify([content.title, content.summary, content.blocks]),
  )

export async function materialPdf(content: MaterialContent, options: PdfOptions): Promise<Blob> {
  const [{ default: pdfmake }, { default: vfs }] = await Promise.all([
    import('pdfmake/build/pdfmake'),
    import('pdfmake/build/vfs_fonts'),
  ])
  pdfmake.addVirtualFileSystem(vfs)
  const made = pdfmake.createPdf(materialDefinition(content, options), { bufferPages: true })
  const document = (await made.getStream()) as unknown as BufferedPages
  const [width, height] = pageSize(options.paper)
  const inset = (by: number) => [by, by, width - by, height - by]
  const { start, count } = document.bufferedPageRange()
  for (let at = start; at < start + count; at++) {
    document.switchToPage(at)
    const { data } = document.page.dictionary
    data['TrimBox'] = inset(AROUND)
    data['BleedBox'] = inset(AROUND - BLEED)
  }
  return made.getBlob()
}

/** What of pdfkit's document is used here: pages that were laid out and not written yet. */
interface BufferedPages {
  bufferedPageRange(): { start: number; count: number }
  switchToPage(at: number): void
  page: { dictionary: { data: Record<string, unknown> } }
}

function pageSize(paper: Paper): readonly [width: number, height: number] {
  const [width, height] = paperSizes[paper]
  return [width * mm + 2 * AROUND, height * mm + 2 * AROUND]
}

export function materialDefinition(
  content: MaterialContent,
  { paper, lang, nameOf }: PdfOptions,
): TDocumentDefinitions {
  const [width, height] = pageSize(paper)
  const size = fonts[paper]
  const side = AROUND + paperSizes[paper][2] * mm
  const facts = factsOf(content, lang)
  const { address } = facts
  const names = [...new Set(content.names.map(({ institution }) => nameOf(institution)))]
  return {
    pageSize: { width, height },
    pageMargins: [side, AROUND + BAND + 5 * mm, side, side],
    info: { title: content.title, creator: 'Enlace' },
    defaultStyle: { fontSize: size, lineHeight: 1.2 },
    styles: {
      title: { fontSize: size * 1.9, bold: true, lineHeight: 1.05 },
      lead: { fontSize: size * 1.1, margin: [0, size * 0.4, 0, size * 0.6] },
      h1: { fontSize: size * 1.4, bold: true, margin: [0, size, 0, size * 0.3] },
      h2: { fontSize: size * 1.2, bold: true, margin: [0, size * 0.8, 0, size * 0.3] },
      h3: { fontSize: size * 1.05, bold: true, margin: [0, size * 0.7, 0, size * 0.2] },
      faint: { fontSize: size * 0.82, color: '#333333' },
    },
    background: () => [
      {
        canvas: [
          {
            type: 'rect',
            x: AROUND - BLEED,
            y: AROUND - BLEED,
            w: width - 2 * (AROUND - BLEED),
            h: BAND + BLEED,
            color: COLOUR,
          },
          ...cropMarks(width, height),
        ],
      },
      {
        text: printable(facts.about),
        color: '#ffffff',
        bold: true,
        fontSize: size * 0.85,
        absolutePosition: { x: side, y: AROUND + BAND / 2 - size * 0.5 },
      },
    ],
    // A heading alone at the foot of a page says nothing.
    pageBreakBefore: (node, nodes) =>
      ['h1', 'h2', 'h3'].includes(String(node.style)) &&
      nodes.getFollowingNodesOnPage().length === 0 &&
      nodes.getNodesOnNextPage().length > 0,
    content: [
      { text: printable(content.title), style: 'title' },
      { text: printable(content.summary), style: 'lead' },
      ...content.blocks.flatMap((block) => blockOf(block, facts, size)),
      ...(names.length > 0
        ? [
            { text: printable(facts.named), style: 'h3' } satisfies Content,
            { ul: names.map((name) => printable(name)) } satisfies Content,
          ]
        : []),
      {
        margin: [0, size, 0, 0],
        unbreakable: true,
        columns: [
          ...(address
            ? [{ qr: address, fit: (paper === 'a6' ? 22 : 28) * mm, eccLevel: 'M', width: 'auto' } as Content]
            : []),
          {
            width: '*',
            stack: [
              ...(address
                ? [{ text: [`${facts.live} `, { text: address, link: address, color: COLOUR }] }]
                : []),
              {
                text: printable(
                  `${facts.until} ${facts.from} ${nameOf(content.institution)}. ${facts.version}`,
                ),
              },
            ],
            style: 'faint',
          },
        ],
        columnGap: 4 * mm,
      },
    ],
  }
}

/** Two strokes at each corner, beyond the bleed. */
function cropMarks(width: number, height: number): CanvasLine[] {
  const from = 1 * mm
  const to = AROUND - BLEED - 1 * mm
  const line = (x1: number, y1: number, x2: number, y2: number): CanvasLine => ({
    type: 'line',
    x1,
    y1,
    x2,
    y2,
    lineWidth: 0.25,
    lineColor: '#000000',
  })
  const ends = (whole: number) => [
    { at: AROUND, near: from, far: to },
    { at: whole - AROUND, near: whole - from, far: whole - to },
  ]
  return ends(width).flatMap((x) =>
    ends(height).flatMap((y) => [line(x.near, y.at, x.far, y.at), line(x.at, y.near, x.at, y.far)]),
  )
}

function blockOf(block: MaterialBlock, facts: ReturnType<typeof factsOf>, size: number): Content[] {
  switch (block.kind) {
    case 'text':
      return markdown(block.markdown, size)
    case 'notice':
      return [beside(markdown(block.markdown, size), block.tone === 'warning' ? '#8a2416' : COLOUR, 4, size)]
    case 'picture':
      return [paragraph([{ text: `${facts.picture} `, bold: true }, printable(block.alt)], size)]
    case 'audio':
      return [
        paragraph([{ text: facts.transcript, bold: true }], size),
        ...block.transcript.split(/\n+/).map((line) => paragraph([printable(line)], size)),
      ]
  }
}

const paragraph = (text: Content[], size: number): Content => ({ text, margin: [0, 0, 0, size * 0.5] })

/** What stands apart has a line at its side, and stays whole where a page ends. */
const beside = (stack: Content[], color: string, line: number, size: number): Content => ({
  table: { widths: ['*'], body: [[{ stack, border: [true, false, false, false] }]], dontBreakRows: true },
  layout: {
    vLineWidth: (at) => (at === 0 ? line : 0),
    hLineWidth: () => 0,
    vLineColor: () => color,
    paddingLeft: () => size * 0.7,
    paddingTop: () => 0,
    paddingBottom: () => 0,
  },
  margin: [0, size * 0.4, 0, size * 0.8],
})

/** As the public page: what is not of the form is text. */
function markdown(source: string, size: number): Content[] {
  const read = readMarkdown(source)
  return read.ok
    ? read.blocks.map((block) => markdownBlock(block, size))
    : [paragraph([printable(source)], size)]
}

function markdownBlock(block: MarkdownBlock, size: number): Content {
  switch (block.type) {
    case 'heading':
      return { text: block.children.flatMap((one) => inline(one)), style: `h${block.level}` }
    case 'paragraph':
      return paragraph(
        block.children.flatMap((one) => inline(one)),
        size,
      )
    case 'list': {
      const items = block.items.map((item) => ({ stack: item.map((one) => markdownBlock(one, size)) }))
      return block.ordered ? { ol: items } : { ul: items }
    }
    case 'quote':
      return beside(
        block.children.map((one) => markdownBlock(one, size)),
        '#999999',
        1.5,
        size,
      )
    case 'rule':
      return rule(0.8)
  }
}

type Run = { text: string; bold?: true; italics?: true; link?: string; color?: string }

/** Runs of one look each: pdfmake does not hand the look of a run down to runs within it. */
function inline(one: Inline, look: Omit<Run, 'text'> = {}): Run[] {
  switch (one.type) {
    case 'text':
      return [{ ...look, text: printable(one.text) }]
    case 'strong':
      return one.children.flatMap((child) => inline(child, { ...look, bold: true }))
    case 'emphasis':
      return one.children.flatMap((child) => inline(child, { ...look, italics: true }))
    case 'break':
      return [{ text: '\n' }]
    case 'link':
      return one.children.flatMap((child) => inline(child, { ...look, link: one.href, color: COLOUR }))
  }
}
