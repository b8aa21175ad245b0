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
    heldThere: (server: string) =>
      `En ${server} una retención detiene lo que falta; se borra cuando se levante.`,
    devicesThere: (server: string, confirmed: number, waiting: number) =>
      `Dispositivos de ${server}, según ese servidor: lo confirmaron ${confirmed}, faltan ${waiting}.`,
    silentDevices: (count: number) =>
      `Sin confirmar: ${counted(count, 'dispositivo', 'dispositivos')} de este servidor`,
    silentDevice: (user: string, device: string, seen?: string) =>
      seen === undefined ? `${user} (${device})` : `${user} (${device}), visto por última vez el ${seen}`,
    silentHint:
      'Un dispositivo apagado lo borra cuando vuelve, antes de mostrar nada. Si es de otra aplicación o se perdió, aquí queda anotado.',
    ofCase: 'Conservación',
    afterEnd: (count: number) => `Se borra ${days(count)} después de cerrarse`,
    ruleOfNetwork: 'Es el plazo de la red para esta clase de caso.',
    heldChannel: 'Retención de todo el canal.',
    heldCase: 'Retención de este caso.',
    placedSince: (names: string, date: string) => `${names}, desde el ${date}.`,
    erased: 'Este caso cumplió su plazo y se borró',
    ended: (date: string) => `Cerrado el ${date}.`,
    rights: 'El derecho a que se borre',
    rightsText: [
      'Nadie tiene que pedirlo: cada caso y cada mensaje se borra solo al cumplir su plazo, en los servidores y en los dispositivos.',
      'Si una persona pide que se borre antes, su institución puede acortar el plazo aquí (nunca a menos de 7 días). Vale para sus casos, no para los de otras.',
      'No se borra mientras el caso siga abierto, una ley pida más tiempo o dos instituciones lo retengan. A la persona se le dice cuál de las tres, y hasta cuándo.',
      'Lo que cada institución guarda en su propio expediente, fuera de Enlace, se pide a esa institución.',
      'Qué no podemos comprobar: un dispositivo que no ha vuelto, otra aplicación, una captura de pantalla o un papel impreso. Lo que sabemos que falta está en la lista.',
    ],
    stays: 'Qué queda después de borrar',
  },
}
