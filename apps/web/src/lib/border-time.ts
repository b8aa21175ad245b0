/** Both countries keep UTC-6 all year. */
export const borderTimeZones = { HN: 'America/Tegucigalpa', GT: 'America/Guatemala' } as const

/** The zone in which the client shows deadlines, whatever the device is set to. */
export const borderTimeZone = borderTimeZones.HN

export function timeZoneOf(
  country: string | undefined,
): (typeof borderTimeZones)[keyof typeof borderTimeZones] {
  return country === 'GT' ? borderTimeZones.GT : borderTimeZones.HN
}
