/** How the institution's server stands. */
export const status = {
  status: {
    title: 'Estado del servidor',
    hint: 'Si el servidor de su institución está bien, con quién se comunica y qué necesita atención.',
    looking: 'Revisando…',
    failed: 'No se pudo revisar el estado.',
    again: 'Revisar de nuevo',
    allGood: 'Todo está bien: no hay nada que hacer.',
    todo: 'Qué necesita atención',
    states: { good: 'Bien', soon: 'Pronto', now: 'Ahora' },
    network: 'La red',
    open: 'Este servidor trabaja sin lista de la red.',
    listUntil: (when: string) => `La lista de la red vale hasta el ${when} y se renueva sola.`,
    noList: 'No hay una lista de la red que valga.',
    rosterUntil: (name: string, when: string) => `La lista de personas de ${name} vale hasta el ${when}.`,
    noRoster: (name: string) => `La lista de personas de ${name} no vale todavía.`,
    partners: 'Con quién se comunica',
    nobody: 'Todavía con ningún otro servidor.',
    reached: (when: string) => `se alcanza; recibió algo por última vez: ${when}.`,
    notYet: 'todavía no se le ha enviado nada.',
    away: (when: string) => `no contesta desde: ${when}. Lo que se le envía espera y no se pierde.`,
    waiting: 'Hay mensajes esperando.',
    machine: 'El servidor',
    certificate: (when: string) => `El certificado de seguridad vale hasta el ${when}.`,
    disk: (free: number): string =>
      free > 0.5
        ? 'El disco tiene espacio de sobra.'
        : free > 0.1
          ? 'El disco tiene espacio suficiente.'
          : 'Queda poco espacio en el disco.',
    noBackup: 'No hay respaldos.',
    backup: (when: string) => `Último respaldo: ${when}.`,
    verified: (when: string) => `Se comprobó que el respaldo se puede restaurar: ${when}.`,
    never: 'nunca',
    looked: (when: string) => `Revisado: ${when}.`,
    version: (version: string) => `Enlace ${version}.`,
  },
}
