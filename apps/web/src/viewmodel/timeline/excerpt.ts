/** A message in few words, for lists, quotes and what is answered. */
export { excerptOf, excerptOfBody } from '../../model/timeline/message-excerpt.ts'
