import type { search as spanish } from '../es/search.ts'

export const search: typeof spanish = {
  search: {
    title: 'Search messages',
    placeholder: 'Search messages and files',
    onlyHere: (count) =>
      `Searches only what this device has decrypted (${count === 1 ? '1 message' : `${count} messages`}). Nothing leaves it.`,
    none: 'No results. Try another word, or open the channel and scroll up to fetch earlier messages.',
    start: 'Type a word: a name, a certificate number, a place.',
    notFound: 'That message could not be opened. Check your connection and try again.',
  },
}
