export interface AccountData {
  get(userId: string, type: string, roomId?: string): Promise<Record<string, unknown> | undefined>
  set(userId: string, type: string, content: Record<string, unknown>, roomId?: string): Promise<void>
  /** Everything kept for a person who asked to be forgotten. */
  removeAccount(userId: string): Promise<void>
  /** Global (roomId undefined) and per-room data changed in (from, to]; from 0 = all. */
  since(
    userId: string,
    from: number,
    to: number,
  ): Promise<{ roomId?: string; type: string; content: Record<string, unknown> }[]>
}

export interface Filters {
  /** Filters uploaded by clients (POST /user/{userId}/filter); the same filter has the same id. */
  create(userId: string, filter: Record<string, unknown>): Promise<string>
  get(userId: string, filterId: string): Promise<Record<string, unknown> | undefined>
}
