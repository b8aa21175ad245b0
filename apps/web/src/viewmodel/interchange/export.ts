import { Catalogue } from '@enlace/directory/catalogue'
import { readDirectoryCopy } from '@enlace/directory/copy'
import { toHsdsJson } from '@enlace/directory/interchange'
import { tableCsv, tableRows, tableWorkbook } from '@enlace/directory/lists/export'
import { dataPackageZip } from '@enlace/directory/lists/package'
import { pocketDirectory } from '@enlace/directory/pocket'
import { type ContactCard, cardsOf, vcard, vcardForCode, vcards } from '@enlace/directory/vcard'
import { publicView } from '@enlace/directory/visibility'
import { ENLACE } from '../../lib/request.ts'
import { saveFile } from '../../lib/save-file.ts'
import { seenDirectory } from '../../model/interchange/known-institutions.ts'
import type { KnownInstitution } from '../../model/interchange/types.ts'
import type { Session } from '../../model/session/types.ts'
import { type PocketFormat, type PocketWords, pocketPdf } from './pocket-pdf.ts'

/** The directory as files: what the person may see, or, where they say so, only what anybody may. */

export type ExportKind = 'csv' | 'csv-comma' | 'xlsx' | 'hsds' | 'package' | 'vcard' | 'vcard3' | PocketFormat

export interface ExportOptions {
  kind: ExportKind
  language: 'es' | 'en'
  /** only what anybody may see */
  onlyPublic: boolean
  /** one country, or all */
  country?: string
  words: PocketWords
}

export type { ContactCard } from '@enlace/directory/vcard'

type Seen = Pick<Session, 'directory'>

const saveText = (text: string, name: string, type: string) => saveFile(new Blob([text], { type }), name)
const saveBytes = (bytes: Uint8Array, name: string, type: string) =>
  saveFile(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }), name)

const asPublic = (institution: KnownInstitution): KnownInstitution => ({
  ...institution,
  entry: publicView(institution.entry),
})

/** The whole directory, or part of it, as a file. */
export async function exportDirectory(
  session: Pick<Session, 'directory' | 'request'>,
  options: ExportOptions,
): Promise<void> {
  const copy = await session.directory.copy()
  const seen = seenDirectory(copy)
  const read = readDirectoryCopy(copy)
  if (!seen || !read) throw new Error('The directory could not be read.')
  const { kind, language, onlyPublic, country } = options
  const view = onlyPublic ? 'public' : seen.view
  // For the activity log: only this device knows. Without a connection nothing is said, and the file is made all the same.
  const said = { format: kind, public: view === 'public' }
  session.request('POST', `${ENLACE}/activity/directory-export`, said).catch(() => undefined)
  const isWanted = (each: { country: string }) => !country || each.country === country
  const institutions = seen.described
    .filter(isWanted)
    .map((each) => (view === 'public' ? asPublic(each) : each))
  const now = Date.now()
  const name = `enlace-directorio-${new Date(now).toISOString().slice(0, 10)}`
  switch (kind) {
    case 'csv':
    case 'csv-comma':
      return saveText(
        tableCsv(tableRows(institutions, { language, now }), kind === 'csv' ? ';' : ','),
        `${name}.csv`,
        'text/csv;charset=utf-8',
      )
    case 'xlsx':
      return saveBytes(
        tableWorkbook(
          tableRows(institutions, { language, now }),
          language === 'es' ? 'Directorio' : 'Directory',
        ),
        `${name}.xlsx`,
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      )
    case 'vcard':
    case 'vcard3':
      return saveText(
        vcards(
          institutions.flatMap((each) => cardsOf(each, language)),
          kind === 'vcard' ? '4.0' : '3.0',
        ),
        `${name}.vcf`,
        'text/vcard;charset=utf-8',
      )
    case 'hsds':
    case 'package': {
      const { tables } = new Catalogue(
        read.entries.filter(({ institution }) => isWanted(institution)),
        now,
        view,
      )
      return kind === 'hsds'
        ? saveText(JSON.stringify(toHsdsJson(tables), null, 1), `${name}.hsds.json`, 'application/json')
        : saveBytes(dataPackageZip(tables), `${name}.datapackage.zip`, 'application/zip')
    }
    default:
      return saveFile(
        await pocketPdf(pocketDirectory(institutions, now), kind, options.words),
        `${name}-${kind}.pdf`,
      )
  }
}

/** Cards of one institution, for a telephone. */
export async function cardsFor(session: Seen, key: string, language: 'es' | 'en'): Promise<ContactCard[]> {
  const seen = seenDirectory(await session.directory.copy())
  const institution = seen?.institutions.find((each) => each.key === key)
  return institution ? cardsOf(institution, language) : []
}

export function saveCard(card: ContactCard, version: '3.0' | '4.0'): void {
  saveText(
    vcard(card, version),
    `${card.name
      .normalize('NFKD')
      .replace(/[^\w]+/g, '-')
      .slice(0, 60)}.vcf`,
    'text/vcard;charset=utf-8',
  )
}

/** The modules of a QR code that a telephone's camera reads as this card: rows of dark (true) and light. */
export async function codeOf(card: ContactCard): Promise<boolean[][]> {
  const { encodeQR } = await import('qr')
  return encodeQR(vcardForCode(card), 'raw', { ecc: 'low', border: 4 }) as boolean[][]
}
