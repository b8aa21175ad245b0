import { expect, test } from 'vitest'
import { meantIn, namesIn } from './mentions.ts'

const ana = { userId: '@ana:hn', name: 'Ana López', institutionName: 'RNP' }
const luis = { userId: '@luis:gt', name: 'Luis' }
const told = (text: string, people = [ana, luis]) => meantIn(text, people).userIds

test('a name is meant whatever follows it, and without its capitals', () => {
  for (const text of [
    '@Ana López, ¿puede?',
    '@Ana López’s turno',
    "@Ana López's turno",
    '(@Ana López)',
    '¿@Ana López?',
    '@ana lópez',
    '@ANA LÓPEZ…',
    '*@Ana López*',
    '@Ana López: gracias',
  ])
    expect(told(text), text).toEqual(['@ana:hn'])
  for (const text of ['@Ana Lópezarce', 'oficina@luis.gt @Luisa', '@Ana', 'Ana López', 'a@Ana López'])
    expect(told(text), text).toEqual([])
})

test('of names that differ in their capitals alone the one that was written is meant, or nobody', () => {
  const two = [
    { userId: '@a:hn', name: 'ANA' },
    { userId: '@b:hn', name: 'Ana' },
  ]
  expect(told('@Ana', two)).toEqual(['@b:hn'])
  expect(told('@ANA', two)).toEqual(['@a:hn'])
  expect(told('@ana', two)).toEqual([])
  expect(namesIn('@ana', ['ANA', 'Ana'])).toEqual([])
})
