/** The directory: who does what, where, and when. */
export const directory = {
  directory: {
    nav: 'Directorio',
    title: 'Directorio',
    hint: 'Quién presta qué servicio, dónde y a qué hora.',
  },
}
