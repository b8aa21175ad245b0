const CONSONANTS = 'bcdfgklmnprstv'
const VOWELS = 'aeiou'

/** Six words of two syllables each, as one reads them on the telephone: 73 bits. */
export function suggestPassphrase(random = (bound: number) => uniform(bound)): string {
  const syllable = () => CONSONANTS[random(CONSONANTS.length)]! + VOWELS[random(VOWELS.length)]!
  return Array.from({ length: 6 }, () => syllable() + syllable()).join('-')
}

/** Every number below `bound` as likely as the others. */
function uniform(bound: number): number {
  const byte = new Uint8Array(1)
  const limit = 256 - (256 % bound)
  do crypto.getRandomValues(byte)
  while (byte[0]! >= limit)
  return byte[0]! % bound
}
