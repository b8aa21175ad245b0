// What views show of the model.
export type { SearchableMessage } from '../../model/search/types.ts'
