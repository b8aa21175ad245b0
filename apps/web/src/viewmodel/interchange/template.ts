import { tableRows, tableWorkbook } from '@enlace/directory/lists/export'
import { saveFile } from '../../lib/save-file.ts'

/** A list with headings and nothing else, to begin with. */
export function saveTemplate(language: 'es' | 'en'): void {
  const bytes = tableWorkbook(
    tableRows([], { language, now: Date.now() }),
    language === 'es' ? 'Servicios' : 'Services',
  )
  saveFile(
    new Blob([bytes as Uint8Array<ArrayBuffer>], {
      type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    }),
    language === 'es' ? 'lista-de-servicios.xlsx' : 'list-of-services.xlsx',
  )
}
