/** The browser's passkeys, through a library that is loaded when it is needed. */
export const webauthn = () => import('@simplewebauthn/browser')

/** The person closed the browser's dialog, or it found no passkey. */
export const isCancelled = (error: unknown): boolean =>
  error instanceof Error && ['NotAllowedError', 'AbortError', 'InvalidStateError'].includes(error.name)
