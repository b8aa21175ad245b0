/** Documents seen page by page. */
export const documents = {
  documents: {
    see: (name: string, pages: string) => (pages === '' ? `Ver ${name}` : `Ver ${name}, ${pages}`),
    seeShort: 'Ver páginas',
    pages: (count: number) => (count === 1 ? '1 página' : `${count} páginas`),
    page: (number: number, of: number) => `Página ${number} de ${of}`,
    before: 'Página anterior',
    next: 'Página siguiente',
    larger: 'Más grande',
    smaller: 'Más pequeño',
    fetching: 'Trayendo el documento…',
    drawing: 'Dibujando la página…',
    cannot:
      'Este documento no se puede mostrar aquí: tiene contraseña, está dañado o es demasiado pesado para este dispositivo. Descárguelo y ábralo con otro programa.',
  },
}
