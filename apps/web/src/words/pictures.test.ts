import { expect, test } from 'vitest'
import { pictureName } from './pictures.ts'

/** All pictures of the specification (client-server API, "SAS method: emoji"), as the SDK names them. */
const ALL =
  'Dog|Cat|Lion|Horse|Unicorn|Pig|Elephant|Rabbit|Panda|Rooster|Penguin|Turtle|Fish|Octopus|Butterfly|Flower|Tree|Cactus|Mushroom|Globe|Moon|Cloud|Fire|Banana|Apple|Strawberry|Corn|Pizza|Cake|Heart|Smiley|Robot|Hat|Glasses|Spanner|Santa|Thumbs Up|Umbrella|Hourglass|Clock|Gift|Light Bulb|Book|Pencil|Paperclip|Scissors|Lock|Key|Hammer|Telephone|Flag|Train|Bicycle|Aeroplane|Rocket|Trophy|Ball|Guitar|Trumpet|Bell|Anchor|Headphones|Folder|Pin'.split(
    '|',
  )
const SAME = ['Panda', 'Cactus', 'Pizza', 'Robot']

test('8.3: every picture has a Spanish name, no two the same', () => {
  expect(ALL).toHaveLength(64)
  const names = ALL.map((one) => pictureName(one, 'es'))
  expect(new Set(names).size).toBe(64)
  expect(ALL.filter((one) => pictureName(one, 'es') === one)).toEqual(SAME)
  expect(ALL.map((one) => pictureName(one, 'en'))).toEqual(ALL)
})
