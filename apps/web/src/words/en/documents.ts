import type { LaterWords } from '../types.ts'

export const documents: Pick<LaterWords, 'documents'> = {
  documents: {
    see: (name, pages) => (pages === '' ? `See ${name}` : `See ${name}, ${pages}`),
    seeShort: 'See pages',
    pages: (count) => (count === 1 ? '1 page' : `${count} pages`),
    page: (number, of) => `Page ${number} of ${of}`,
    before: 'Previous page',
    next: 'Next page',
    larger: 'Larger',
    smaller: 'Smaller',
    fetching: 'Fetching the document…',
    drawing: 'Drawing the page…',
    cannot:
      'This document cannot be shown here: it has a password, is damaged, or is too heavy for this device. Download it and open it with another program.',
  },
}
