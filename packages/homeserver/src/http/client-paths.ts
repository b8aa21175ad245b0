/** A `v3` endpoint of the client-server API, also served at its older `r0` name that clients and suites still use. */
export const clientPaths = (path: string): string[] => [
  `/_matrix/client/v3${path}`,
  `/_matrix/client/r0${path}`,
]
