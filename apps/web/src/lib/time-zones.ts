/** Names of the zones, for `Intl` and for the node. How local time is computed: `@enlace/coordination`, `time/border-time.ts`. */
export const borderTimeZones = { HN: 'America/Tegucigalpa', GT: 'America/Guatemala' } as const

/** The zone in which the client shows deadlines, whatever the device is set to. */
export const borderTimeZone = borderTimeZones.HN

export function timeZoneOf(
  country: string | undefined,
): (typeof borderTimeZones)[keyof typeof borderTimeZones] {
  return country === 'GT' ? borderTimeZones.GT : borderTimeZones.HN
}
