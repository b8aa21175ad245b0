/** A message in few words, for lists. */
export { excerptOf } from '../../model/timeline/timeline-items.ts'
