import { expect, it } from 'vitest'
import { isDialable, isUndialable, phoneLink, readPhone, showPhone, whatsappLink } from './phone.ts'

// Numbers in order of the keys, for their shape alone.
it.each([
  ['2234-5678', 'HN', '+50422345678'],
  ['(504) 2234 5678', 'HN', '+50422345678'],
  ['+502 7948 0000', 'HN', '+50279480000'],
  ['00502 79480000', 'GT', '+50279480000'],
  ['0000-0101', 'GT', '+50200000101'],
])('%s of %s is %s', (written, country, number) => {
  expect(readPhone(written, country)).toMatchObject({ number })
})

it.each([
  ['', 'no_number'],
  ['preguntar por la encargada', 'no_number'],
  ['123', 'no_such_number'],
  ['1234-5678', 'no_such_number'],
  ['2234-56789', 'no_such_number'],
  ['0000-1101', 'no_such_number'],
])('%j is refused: %s', (written, fault) => {
  expect(readPhone(written, 'HN')).toBe(fault)
})

it('numbers of examples are no numbers', () => {
  for (const number of ['+50400000101', '+50200000999']) {
    expect([isUndialable(number), isDialable(number)]).toEqual([true, false])
    expect([phoneLink({ number }), whatsappLink(number)]).toEqual([undefined, undefined])
  }
  for (const number of ['+50422345678', '+50300000101', '+5040000010', '+50400001101'])
    expect(isUndialable(number)).toBe(false)
})

it('is shown and dialled', () => {
  expect(showPhone('+50422345678')).toBe('+504 2234 5678')
  expect(showPhone('+50400000101')).toBe('+504 0000 0101')
  expect(phoneLink({ number: '+50422345678', extension: 12 })).toBe('tel:+50422345678;ext=12')
  expect(whatsappLink('+50422345678')).toBe('https://wa.me/50422345678')
})
