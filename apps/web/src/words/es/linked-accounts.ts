/** The institution's accounts with which one signs in. */
export const linkedAccounts = {
  linkedAccounts: {
    title: 'Cuentas enlazadas',
    hint: 'Con estas cuentas de su institución puede entrar en Enlace sin escribir su contraseña de aquí.',
    none: 'Todavía no enlazó ninguna.',
    since: (when: string) => `Enlazada desde el ${when}`,
    unlink: 'Quitar el enlace',
    unlinkTitle: (name: string) => `Quitar el enlace con ${name}`,
    unlinkHint:
      'Después ya no podrá entrar con esa cuenta. Las sesiones que ya están abiertas siguen; ciérrelas en Sesiones si hace falta.',
    onlyWay:
      'Es la única forma de entrar en su cuenta, por eso no se puede quitar. Agregue antes una llave de acceso, o pida a su coordinación un enlace para poner una contraseña.',
    link: (name: string) => `Enlazar ${name}`,
    linkHint:
      'Se abre la página de su institución. Al volver, Enlace le pide una vez su contraseña o su llave de acceso.',
    away: (name: string) => `${name} no responde ahora. Vuelva a intentar en unos minutos.`,
    failed: 'No se pudo ver qué cuentas tiene enlazadas.',
  },
}
