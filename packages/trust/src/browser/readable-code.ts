/**
 * A hash as people read it to each other by telephone: six groups of five digits, some hundred bits. Whoever wants another
 * file or key with the same code would have to try about 2^99 of them.
 * @param hash at least 30 bytes, hexadecimal
 */
export function readableCode(hash: string): string {
  const groups: string[] = []
  for (let group = 0; group < 6; group++) {
    const piece = Number.parseInt(hash.slice(group * 10, group * 10 + 10), 16)
    groups.push(String(piece % 100_000).padStart(5, '0'))
  }
  return groups.join(' ')
}
