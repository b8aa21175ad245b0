/** Lower case without accents, so that `niñez`, `NINEZ` and `ninez` are one word. */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
}
