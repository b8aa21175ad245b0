export interface Profiles {
  /** Local or (through federation, cached a short while) remote. Extended fields (v1.16) included. */
  get(userId: string): Promise<Record<string, unknown> | undefined>
  /** Local users only; propagates to member events. @throws M_INVALID_PARAM, M_FORBIDDEN, M_PROFILE_TOO_LARGE */
  set(userId: string, key: string, value: unknown, options?: { byInstitution?: boolean }): Promise<void>
  /**
   * The display name as it may be shown, without signs that are not seen.
   * @throws M_FORBIDDEN when it looks like somebody else's, or bears a title the account does not have
   */
  nameFor(userId: string, wanted: string): Promise<string>
  delete(userId: string, key: string): Promise<void>
  /** Puts a new account in the user directory, or takes a closed one out. */
  list(userId: string): Promise<void>
  unlist(userId: string): Promise<void>
  /** User directory: people of this node, and partners' people in rooms of the searcher. */
  search(
    searcher: string,
    term: string,
    limit: number,
  ): Promise<{
    results: { user_id: string; display_name?: string; avatar_url?: string }[]
    limited: boolean
  }>
}
