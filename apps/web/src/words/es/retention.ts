const days = (count: number) => (count === 1 ? '1 día' : `${count} días`)
const messages = (count: number) => (count === 1 ? '1 mensaje' : `${count} mensajes`)

/** How long things stay, holds and deletions. */
export const retention = {
  retention: {
    title: 'Conservación y borrado',
    intro:
      'Cada caso y cada mensaje se guarda un tiempo y después se borra en todos los servidores. Aquí ve cuánto, por qué y qué está por borrarse.',
    rules: 'Cuánto se guarda',
    days,
    fromEnd: 'desde que el caso se cierra o se anula',
    fromSent: 'desde que se envió',
    shorter: (name: string, count: number) => `${name} pidió menos: ${days(count)}.`,
    law: (name: string, count: number, basis: string) => `${name}: ${days(count)} por ley (${basis}).`,
    channel: 'Canal',
    shorten: 'Acortar para mi institución',
    shortenHint: 'Su institución solo puede acortar. Mínimo 7 días. Vale para los casos en que participa.',
    newDays: 'Días nuevos',
    see: 'Ver qué se borraría',
    preview: (cases: number, atOnce: number, sent: number) =>
      `Con este plazo se borrarían ${cases === 1 ? '1 caso' : `${cases} casos`} (de inmediato: ${atOnce}) y ${messages(sent)}.`,
    first: (date: string) => `El primero: ${date}.`,
    apply: 'Aplicar este plazo',
    upcoming: 'Próximos borrados',
    noUpcoming: 'No hay casos cerrados por borrar.',
    on: (date: string) => `Se borra el ${date}`,
    dueNow: 'Se borra en los próximos minutos',
    stopped: 'Detenido por una retención',
    hold: 'Pedir retención',
    agree: 'Estoy de acuerdo con la retención',
    lift: 'Pedir que se levante',
    reason: 'Motivo',
    holds: 'Retenciones',
    noHolds: 'No hay retenciones.',
    wholeChannel: 'Todo el canal',
    asked: (until: string) =>
      `La pidió una institución. Hace falta que otra esté de acuerdo antes del ${until}; hasta entonces nada se borra.`,
    held: (date: string) => `Vigente hasta que dos instituciones la levanten. Se revisa el ${date}.`,
    lifting: (name: string) => `${name} pidió levantarla; falta otra institución.`,
    placedBy: (names: string) => `Puesta por ${names}.`,
    done: 'Borrados',
    noDone: 'Todavía no se ha borrado nada.',
    messages: (date: string) => `Mensajes anteriores al ${date}`,
    counts: (events: number, files: number, keys: number) =>
      `Mensajes y pasos: ${events}; archivos: ${files}; claves: ${keys}`,
    receipt: (server: string, date: string) => `${server} lo confirmó con su firma el ${date}.`,
    ownDatabase: 'Los respaldos de su base de datos los lleva quien administra ese servidor.',
    missing: (server: string, since: string) => `${server} no lo ha confirmado desde el ${since}.`,
    devices: (confirmed: number, waiting: number) =>
      `Dispositivos de este servidor: confirmados ${confirmed}, sin confirmar ${waiting}.`,
    stays: 'Qué queda después de borrar',
  },
}
