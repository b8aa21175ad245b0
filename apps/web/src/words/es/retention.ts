const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`
const days = (count: number) => counted(count, 'día', 'días')

/** How long things stay, holds and deletions. */
export const retention = {
  retention: {
    title: 'Conservación y borrado',
    intro: 'Cada caso y cada mensaje tiene un plazo de conservación. Aquí ve cuál, por qué y qué vence.',
    off: 'Este servidor todavía no borra por sí mismo',
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
    preview: (cases: number, atOnce: number, messages: number) =>
      cases + messages === 0
        ? 'Con este plazo no hay todavía nada que borrar.'
        : `Con este plazo se borra: ${counted(cases, 'caso', 'casos')} (de inmediato, ${atOnce}) y ${counted(messages, 'mensaje', 'mensajes')}.`,
    first: (date: string) => `El primero: ${date}.`,
    apply: 'Aplicar este plazo',
    upcoming: 'Próximos borrados',
    noUpcoming: 'No hay casos cerrados por borrar.',
    on: (date: string) => `Se borra el ${date}`,
    dueNow: 'Se borra en los próximos minutos',
    endsOn: (date: string) => `Su plazo vence el ${date}`,
    wouldGo: 'Su plazo venció; se borraría ahora',
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
      [
        counted(events, 'mensaje o paso', 'mensajes y pasos'),
        counted(files, 'archivo', 'archivos'),
        counted(keys, 'clave', 'claves'),
      ].join(', '),
    receipt: (server: string, date: string) => `${server} lo confirmó con su firma el ${date}.`,
    ownDatabase: 'Los respaldos de su base de datos los lleva quien administra ese servidor.',
    missing: (server: string, since: string) => `${server} no lo ha confirmado desde el ${since}.`,
    offThere: (server: string) => `${server} dice que todavía no borra por sí mismo: allí sigue guardado.`,
    devices: (confirmed: number, waiting: number) =>
      `Dispositivos de este servidor: lo confirmaron ${confirmed}, faltan ${waiting}.`,
    stays: 'Qué queda después de borrar',
  },
}
