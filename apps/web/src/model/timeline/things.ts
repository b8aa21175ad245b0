/** What a channel has beside messages and cases, and on which page it is: by the type of the event that began it. */
export const things = {
  'org.enlace.meeting': 'meeting',
  'org.enlace.risk': 'risk',
  'org.enlace.material': 'material',
} as const
export type Thing = (typeof things)[keyof typeof things]

export const thingOf = (type: string): Thing | undefined =>
  Object.hasOwn(things, type) ? things[type as keyof typeof things] : undefined
