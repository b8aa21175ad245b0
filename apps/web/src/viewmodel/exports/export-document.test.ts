import { expect, test } from 'vitest'
import { endingOf } from './case-content.ts'
import { exportDocument } from './export-document.ts'

const hostile = `<script>alert('x')</script> & "comillas" <img src=x onerror=y>`

test('what people wrote stands in the document as they wrote it, and nothing of it runs', () => {
  const html = exportDocument([
    {
      language: 'es',
      title: hostile,
      lines: [hostile],
      proven: { title: hostile, points: [hostile] },
      cases: [
        {
          title: hostile,
          subtitle: hostile,
          notice: [hostile],
          sections: [
            { title: hostile, rows: [[hostile, hostile]] },
            {
              title: 'Notas',
              entries: [{ when: 'hoy', what: 'uno\ndos', who: hostile, lines: [hostile] }],
            },
            { title: 'Vacío', empty: 'No hay.' },
          ],
        },
      ],
    },
  ])
  expect(html).not.toMatch(/<script|<img|onerror=y>/)
  expect(html).toContain('&#60;script&#62;')
  expect(html).toContain('uno<br>dos')
  expect(html).toContain('No hay.')
  // Nothing is fetched either, whatever a browser makes of it.
  expect(html).toContain(`default-src 'none'`)
  expect(html).not.toMatch(/<[^>]*(?:src|href)=/)
})

test('an attached file keeps no ending that a machine would run', () => {
  for (const [name, ending] of [
    ['Partida de nacimiento.PDF', 'pdf'],
    ['foto.jpeg', 'jpeg'],
    ['aviso.html', 'bin'],
    ['firma.svg', 'bin'],
    ['carta.pdf.exe', 'bin'],
    ['carta.hta', 'bin'],
    ['hoja.xlsm', 'bin'],
    ['sin nombre', 'bin'],
    ['../../x', 'bin'],
  ])
    expect(endingOf(name!), name).toBe(ending)
})
