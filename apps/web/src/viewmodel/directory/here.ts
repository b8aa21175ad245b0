export type Located =
  | { kind: 'found'; latitude: number; longitude: number; accuracy: number }
  | { kind: 'denied' | 'unavailable' }

const TIMEOUT_MS = 15_000

/** Where this device is: the browser asks the person. Only ever called by a tap. */
export function askPosition(
  locate: Geolocation | undefined = typeof navigator === 'undefined' ? undefined : navigator.geolocation,
): Promise<Located> {
  return new Promise((resolve) => {
    if (!locate) return resolve({ kind: 'unavailable' })
    locate.getCurrentPosition(
      ({ coords: { latitude, longitude, accuracy } }) =>
        resolve({ kind: 'found', latitude, longitude, accuracy }),
      ({ code }) => resolve({ kind: code === 1 ? 'denied' : 'unavailable' }),
      { timeout: TIMEOUT_MS, maximumAge: 60_000, enableHighAccuracy: true },
    )
  })
}
