import { expect, test } from 'vitest'
import { readCaseText } from './case-from-text.ts'

const NOW = Date.parse('2026-05-05T18:00:00Z')
const read = (text: string) => readCaseText(text, NOW)

test('a request as people write it fills the form', () => {
  expect(
    read(
      'Buenas tardes. Necesitamos la partida de nacimiento de la niña María José López Núñez, nacida el 14/03/2018 en Omoa, Cortés. DNI 0503-2018-00123. Su madre: Rosa Elvira Núñez.',
    ),
  ).toEqual({
    kind: 'birth_certificate',
    values: {
      given_names: 'María José',
      surnames: 'López Núñez',
      birth_date: '2018-03-14',
      birth_municipality: 'Omoa',
      birth_department: 'Cortés',
      identity_number: '0503-2018-00123',
      birth_country: 'HN',
      mother_name: 'Rosa Elvira Núñez',
    },
  })
  expect(
    read(
      'Nombre: Domingo Ch’oc Caal\nFecha de nacimiento: marzo de 2012\nMunicipio: Livingston, Izabal\nCUI 2780 04210 1901',
    ),
  ).toMatchObject({
    values: {
      given_names: 'Domingo',
      surnames: 'Ch’oc Caal',
      birth_date: '2012-03',
      identity_number: '2780 04210 1901',
      birth_country: 'GT',
    },
  })
})

test('an age is about so many years; kinds are told by their words', () => {
  expect(read('Hay un adolescente llamado Kevin Josué Mejía de 16 años')).toEqual({
    values: { given_names: 'Kevin Josué', surnames: 'Mejía', birth_date: '~16@2026-05-05' },
  })
  expect(read('Pedimos salvoconducto para la señora Ana de la Cruz').kind).toBe('travel_document')
  expect(read('Pedimos salvoconducto para la señora Ana de la Cruz').values).toEqual({
    given_names: 'Ana',
    surnames: 'de la Cruz',
  })
  expect(read('Inscripción tardía de Juan Pérez López').kind).toBe('late_registration')
})

test('names in capitals, and given names that are usually second', () => {
  expect(read('Se solicita certificación de nacimiento a nombre de JUAN PABLO REYES DÍAZ').values).toEqual({
    given_names: 'JUAN PABLO',
    surnames: 'REYES DÍAZ',
  })
  expect(read('salvoconducto para Wendy Suyapa Cruz').values).toEqual({
    given_names: 'Wendy Suyapa',
    surnames: 'Cruz',
  })
  expect(read('niña María del Carmen Pérez').values).toEqual({
    given_names: 'María del Carmen',
    surnames: 'Pérez',
  })
})

test('what is not said is not made up', () => {
  for (const text of [
    '',
    'Hola a todos',
    'Llegan 30 personas mañana a las 09:30',
    'El bus salió de Puerto Barrios',
    '👍',
    'Nos vemos el 14/03/2026',
  ])
    expect([text, read(text)]).toEqual([text, { values: {} }])
  expect(read('niña de nombre desconocido, 8 años').values).toEqual({ birth_date: '~8@2026-05-05' })
  expect(read('DNI 1990-1990-12345').values).toEqual({})
})
