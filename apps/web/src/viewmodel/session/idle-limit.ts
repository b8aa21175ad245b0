/** Left alone so long, a session that is to leave nothing ends by itself. */
export const PUBLIC_IDLE_MINUTES = 10
/** So long before it ends it says what would be lost. */
export const WARNED_BEFORE_MINUTES = 2
