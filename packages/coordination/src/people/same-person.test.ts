import { describe, expect, test } from 'vitest'
import { isNoName, nameWords, soundAlike } from './name-sounds.ts'
import { maybeSamePerson } from './same-person.ts'

const child = {
  given_names: 'María José',
  surnames: 'López Núñez',
  birth_date: '2017-02-08',
  birth_municipality: 'Omoa',
}
const same = (a: object, b: object) => {
  const [one, other] = [
    { ...child, ...a },
    { ...child, ...b },
  ]
  const found = maybeSamePerson(one, other)
  expect(maybeSamePerson(other, one)).toBe(found)
  return found
}

describe('names that sound alike', () => {
  test.each([
    ['Hernández', 'Ernandes'],
    ['Jiménez', 'Giménez'],
    ['Jiménez', 'Ximenes'],
    ['Cecilia', 'Sesilia'],
    ['Velásquez', 'Belasques'],
    ['Vásquez', 'Bázquez'],
    ['Quiñónez', 'Kiñones'],
    ['Zelaya', 'Celalla'],
    ['Castillo', 'Castiyo'],
    ['Llanos', 'Yanos'],
    ['Rebeca', 'Rebecca'],
    ['Elizabeth', 'Elisabet'],
    ['Jessica', 'Yésica'],
    ['Johana', 'Yohanna'],
    ['Wilmer', 'Huilmer'],
    ['Mayra', 'Maira'],
    ['Godoy', 'Godoi'],
    ['Xiomara', 'Siomara'],
    ['Campos', 'Canpos'],
    ['Philip', 'Filip'],
    ['Ma', 'María'],
    ['Hdez', 'Hernández'],
    ['Enrique', 'Henrrique'],
    ['Guevara', 'Guebara'],
    // Q’eqchi’: three apostrophes, with and without, and vowels written twice.
    ['Ch’oc', "Ch'ooc"],
    ['Ch’oc', 'Choc'],
    ['Qʼeqʼ', 'Keek'],
    ['Caal', 'Cal'],
    ['Coc', 'Kooc'],
    ['Xol', 'Shol'],
    ["Ba'", 'Baa'],
    ['Tzʼul', 'Tzuul'],
    ['Ical', 'Ikal'],
  ])('%s and %s', (a, b) => {
    expect(soundAlike(a, b)).toBe(true)
  })

  test.each([
    ['Antonio', 'Antonia'],
    ['Fernando', 'Hernando'],
    ['Mario', 'María'],
    ['Martín', 'Martina'],
    ['José', 'Josué'],
    ['Caal', 'Coc'],
    ['Pop', 'Pap'],
    ['Juan', 'Juana'],
    ['Gómez', 'Gámez'],
    ['Ramos', 'Ramón'],
    ['Luis', 'Luisa'],
    ['Carlos', 'Karla'],
    ['Pérez', 'Peraza'],
  ])('%s and %s are two', (a, b) => {
    expect(soundAlike(a, b)).toBe(false)
  })

  test('words that stand for no name are none', () => {
    for (const none of [
      'NN',
      'N/N',
      'n.n.',
      'No se conoce',
      'DESCONOCIDO',
      'sin apellido',
      'S/A',
      'XX',
      '-',
      '?',
      'recién nacida',
      'FNU',
      'ninguno',
      'Nombre desconocido',
      'apellidos no se conocen',
    ])
      expect([none, isNoName(none), nameWords(none)]).toEqual([none, true, []])
    for (const name of ['Nina', 'Noé', 'Xol', 'Nadie Ramírez', 'Ana', 'Inocente', 'Bebeto', 'Menorca'])
      expect([name, isNoName(name)]).toEqual([name, false])
  })
})

describe('one person in two forms', () => {
  test('day and month swapped', () => {
    expect(same({}, { birth_date: '2017-08-02' })).toBe(true)
    expect(same({}, { birth_date: '2017-08-02', given_names: 'Ana' })).toBe(false)
    expect(same({}, { birth_date: '2017-08-03' })).toBe(false)
    expect(same({ birth_date: '2017-02-28' }, { birth_date: '2017-02-27' })).toBe(false)
  })

  test('names as they are heard, in any order, joined, with one missing on either side', () => {
    expect(same({}, { given_names: 'MARIA JOCE', surnames: 'Lopes Nuñes' })).toBe(true)
    expect(same({}, { surnames: 'Núñez López' })).toBe(true)
    expect(same({}, { given_names: 'José' })).toBe(true)
    expect(same({ given_names: 'José', surnames: 'López Núñez' }, { surnames: 'Núñez' })).toBe(true)
    expect(same({ surnames: 'López' }, { given_names: 'José' })).toBe(true)
    expect(same({}, { given_names: 'Mariajosé' })).toBe(true)
    expect(same({ surnames: 'de la Cruz López' }, { surnames: 'Delacruz' })).toBe(true)
    expect(same({}, { given_names: 'Ma. José' })).toBe(true)
    expect(same({}, { given_names: 'López', surnames: 'María de la Núñez' })).toBe(true)
    expect(
      same(
        { given_names: 'Domingo', surnames: 'Ch’oc Caal' },
        { given_names: 'Domingo', surnames: "Chooc Ca'al" },
      ),
    ).toBe(true)
  })

  test('other names are other people, brothers and sisters of one day too', () => {
    expect(same({}, { given_names: 'María Ana' })).toBe(false)
    expect(same({ given_names: 'Antonio' }, { given_names: 'Antonia' })).toBe(false)
    expect(same({}, { surnames: 'López Pérez' })).toBe(false)
    expect(same({}, { given_names: 'María', surnames: '' })).toBe(false)
    expect(maybeSamePerson({ given_names: 'A B' }, { given_names: 'A B' })).toBe(false)
    expect(maybeSamePerson({}, {})).toBe(false)
  })

  test('dates that are partly known: what is missing there has to be in the names', () => {
    expect(same({}, { birth_date: '2017' })).toBe(true)
    expect(same({}, { birth_date: '2017-02' })).toBe(true)
    expect(same({}, { birth_date: '2016' })).toBe(false)
    expect(same({}, { birth_date: '2017-03' })).toBe(false)
    expect(same({}, { birth_date: '~9@2026-05-04' })).toBe(true)
    expect(same({}, { birth_date: '~15@2026-05-04' })).toBe(false)
    expect(same({}, { birth_date: 'unknown' })).toBe(true)
    expect(same({}, { birth_date: '' })).toBe(true)
    const common = { given_names: 'María', surnames: 'López', birth_municipality: '' }
    expect(same({}, { ...common, birth_date: 'unknown' })).toBe(false)
    expect(same(common, { ...common, birth_date: '~9@2026-05-04' })).toBe(false)
    expect(same(common, { ...common, birth_date: '2017' })).toBe(true)
    expect(same({ ...common, sex: 'female' }, { ...common, birth_date: '2017', sex: 'male' })).toBe(false)
  })

  test('a child whose surname or name is not known: by its day of birth and a parent', () => {
    const bare = { given_names: 'María', surnames: '', surnames_absent: 'not_known' }
    const mother = { mother_name: 'Rosa Elvira Núñez' }
    expect(same(mother, { ...bare, mother_name: 'Rosa Nuñes' })).toBe(true)
    expect(same(mother, { ...bare, mother_name: 'Ana Núñez' })).toBe(false)
    expect(same({ ...mother, given_names: 'NN', surnames: 'NN' }, mother)).toBe(true)
    expect(same({ given_names: 'NN', surnames: 'NN' }, { given_names: 'NN', surnames: 'NN' })).toBe(false)
  })

  test('one identity number is one person; two numbers are two where little else is sure', () => {
    const number = { identity_number: '0801-2017-12345' }
    expect(
      same(number, { identity_number: '0801201712345', given_names: 'Otra', birth_date: '2001-01-01' }),
    ).toBe(true)
    expect(same(number, { identity_number: '0801201754321', birth_date: '2017' })).toBe(false)
    expect(same({ identity_number: '0801' }, { identity_number: '0801', given_names: 'Otra' })).toBe(false)
  })
})

describe('without drowning in what is common', () => {
  const given =
    'María José Juan Luis Carlos Ana Rosa Marta Miguel Jorge Francisco Santos Manuel Pedro Karla Sandra Glenda Wendy Kevin Brayan Josué Daniela Génesis Nicole Ángel Óscar Héctor Víctor Mario Marvin Julio César Fátima Dilcia Reina Suyapa Lesly Antonio Antonia Fernando Hernando'.split(
      ' ',
    )
  const surnames =
    'Hernández Martínez López Rodríguez García Flores Mejía Cruz Ramírez Reyes Hernandez-Paz Castro Pineda Alvarado Rivera Zelaya Aguilar Ortiz Sánchez Gómez Pérez Vásquez Caal Coc Pop Xol Tzul Choc Ical Chub Maquin Morales Díaz Méndez Gutiérrez Romero Orellana Lemus Portillo'.split(
      ' ',
    )

  test('no two common names are one', () => {
    for (const list of [given, surnames])
      for (const [at, one] of list.entries())
        for (const other of list.slice(at + 1)) {
          if ([one, other].every((name) => name.startsWith('Hern'))) continue
          expect([one, other, soundAlike(one, other)]).toEqual([one, other, false])
        }
  })

  test('of four hundred people with common names few are held for others', () => {
    let seed = 42
    const next = (n: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return Math.floor((seed / 2_147_483_648) * n)
    }
    const pick = (list: readonly string[]) => list[next(list.length)]!
    const pad = (n: number) => String(n).padStart(2, '0')
    const people = Array.from({ length: 400 }, (_, n) => {
      const date = `${2005 + next(18)}-${pad(1 + next(12))}-${pad(1 + next(28))}`
      return {
        given_names: `${pick(given)} ${pick(given)}`,
        surnames: `${pick(surnames)} ${pick(surnames)}`,
        // One in five is known by the year alone, one in ten not at all.
        birth_date: n % 10 === 0 ? 'unknown' : n % 5 === 1 ? date.slice(0, 4) : date,
        birth_municipality: pick(['Omoa', 'Choloma', 'Puerto Barrios', 'Morales']),
      }
    })
    let hits = 0
    for (const [at, one] of people.entries())
      for (const other of people.slice(at + 1)) if (maybeSamePerson(one, other)) hits += 1
    expect(hits).toBeLessThanOrEqual(3)
    // Each is found again as another office wrote it.
    const written = (text: string) => text.replace(/z/g, 's').replace(/v/g, 'b').replace(/H/g, '')
    for (const one of people.filter((_, n) => n % 10 !== 0))
      expect(
        maybeSamePerson(one, {
          ...one,
          given_names: written(one.given_names),
          surnames: written(one.surnames),
        }),
      ).toBe(true)
  })
})
