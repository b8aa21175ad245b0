/** Leaving an institution, and succession. */
export const departures = {
  leaving: {
    tab: 'Salidas',
    open: 'Sale de la institución',
    title: 'Salidas de la institución',
    hint: 'Quien deja la institución sale en un solo acto: se cierran sus sesiones, deja los canales, y sus turnos y casos pasan a alguien con nombre.',
    none: 'Nadie ha salido en los últimos noventa días',
    noneHint:
      'Para la salida de una persona, ábrala desde la lista de personas y elija «Sale de la institución».',
    cardOwn: 'Dejar la institución',
    cardOwnHint: 'Si deja su trabajo aquí: entregue sus turnos y casos y cierre su cuenta en un solo acto.',
    cardOwnOpen: 'Dejar la institución…',
    titleOf: (name: string) => `Salida de ${name}`,
    titleOwn: 'Dejar la institución',
    what: 'Qué va a pasar',
    whatSteps: (own: boolean) => [
      own
        ? 'Su sesión termina en todos sus dispositivos, también en este, ahora mismo.'
        : 'Sus sesiones terminan en todos sus dispositivos, ahora mismo.',
      'Deja todos los canales, conversaciones y llamados. Nada de lo que se escriba después se puede leer con sus dispositivos: el siguiente mensaje usa llaves nuevas.',
      'Sus turnos y casos abiertos pasan a las personas que usted elija aquí.',
      'Sale de la lista firmada de la institución.',
      'Lo que escribió se queda, con su nombre. Las invitaciones a canales que hizo siguen valiendo.',
    ],
    closes:
      'La cuenta se cierra para siempre, porque ninguna otra institución de este servidor tiene a la persona en su lista. El nombre de la cuenta no se vuelve a dar: si regresa, se la invita de nuevo con otra cuenta.',
    stays:
      'La cuenta sigue abierta, porque otra institución de este servidor tiene a la persona en su lista. Volverá a entrar a los canales de esa institución por invitación.',
    undoBefore: 'Se puede deshacer solo mientras la lista sin esta persona no esté firmada.',
    signsHere: 'La lista se firma en este dispositivo, en el mismo acto: después ya no se puede deshacer.',
    signsLater:
      'Este dispositivo no tiene la llave de la institución: todo lo demás se hace ahora, y la lista queda esperando la firma de quien la tiene.',
    rooms: (channels: number, conversations: number) =>
      `${channels === 1 ? 'Un canal' : `${channels} canales`} y ${conversations === 1 ? 'una conversación' : `${conversations} conversaciones`}.`,
    calls: (count: number) =>
      count === 1
        ? 'Atiende un llamado urgente: se ofrece a quien reciba los casos; si no está en el canal, vuelve a sonar.'
        : `Atiende ${count} llamados urgentes: se ofrecen a quien reciba los casos; si no está en el canal, vuelven a sonar.`,
    shifts: 'Turnos',
    noShifts: 'No tiene turnos.',
    shiftsTo: '¿Quién toma los turnos?',
    turn: (days: string, from: string, to: string) => `${days}, de ${from} a ${to}`,
    span: (from: string, to: string) => `Del ${from} al ${to}`,
    swap: (from: string, to: string) => `Cambio de turno: del ${from} al ${to}`,
    days: ['lun', 'mar', 'mié', 'jue', 'vie', 'sáb', 'dom'],
    cases: 'Casos abiertos',
    noCases: 'No tiene casos abiertos.',
    casesTo: '¿Quién recibe los casos?',
    split: 'Repartir caso por caso',
    sameForAll: 'Como los demás',
    sides: { owner: 'asignado a esta persona', requesting: 'lo pidió y le da seguimiento' },
    notInChannel: 'No está en el canal del caso: se le invita.',
    choose: 'Elija a una persona',
    nobody:
      'No hay nadie más con cuenta activa en la institución. Invite primero a un colega; sin nadie, los casos quedarían sin dueño.',
    successor: 'Quien coordina después',
    successorHint:
      'Es la última persona que coordina. Sin alguien que le siga, nadie podría dar cuentas ni firmar la lista: elija a quién.',
    successorTo: '¿Quién coordina desde ahora?',
    needKey:
      'Para nombrar a quien sigue, este dispositivo tiene que firmar la lista, y no tiene la llave de la institución. Tráigala primero en «Llave y lista».',
    giveKey: 'Entregar la llave',
    giveKeyHint:
      'Descargue la llave en un archivo sellado y déselo a quien sigue. La frase de paso se dice por teléfono o en persona, nunca junto con el archivo.',
    keyGiven: 'Ya le di el archivo y la frase',
    toKey: 'Ir a «Llave y lista»',
    start: 'Sale ahora',
    startOwn: 'Dejar la institución ahora',
    confirmTitle: (name: string) => `¿${name} sale ahora?`,
    confirmTitleOwn: '¿Deja la institución ahora?',
    confirm: 'Sí, ahora',
    missing: {
      shifts: 'Falta decir quién toma los turnos.',
      cases: 'Falta decir quién recibe los casos.',
      successor: 'Falta decir quién coordina después.',
      key: 'Falta entregar la llave a quien sigue.',
      signature: 'Falta la llave de la institución en este dispositivo.',
    },
    progress: 'Cómo va',
    steps: {
      sessions: 'Sesiones terminadas',
      shifts: 'Turnos entregados',
      cases: 'Casos entregados',
      calls: 'Llamados entregados',
      rooms: 'Fuera de canales y conversaciones; llaves nuevas desde el siguiente mensaje',
      roster: 'Fuera de la lista firmada',
      account: 'Cuenta cerrada',
    },
    stepStays: 'Ya no figura como de la institución',
    waits: 'En espera',
    states: { open: 'En curso', done: 'Terminada', undone: 'Deshecha' },
    doneOther: (name: string) => `${name} ya no está en la institución.`,
    doneOwn:
      'Usted ya no está en la institución. Su sesión terminó y este dispositivo ya no lee los canales.',
    undoneText:
      'La salida se deshizo: la cuenta abre otra vez con su contraseña. Los turnos y casos se quedan con quien los recibió, y a los canales se la invita de nuevo.',
    sign: 'Firmar ahora la lista sin esta persona',
    undo: 'Deshacer la salida',
    undoHint:
      'La cuenta se abre otra vez con su contraseña. No vuelve sola a los canales, y turnos y casos se quedan con quien los recibió.',
    keyTitle: 'La llave de la institución',
    keyHad:
      'Quien sale tuvo, o pudo tener, la llave de la institución. Cámbiela: mientras no cambie, esa persona podría firmar en nombre de la institución.',
    keySteps: [
      'Guarde antes una copia de la llave de ahora: firma la lista hasta que la red reconozca la nueva.',
      'Haga una llave nueva y entregue su parte pública a la coordinación de la red.',
      'La coordinación la agrega y quita la anterior; usted firma la lista con la nueva.',
    ],
    startedBy: (name: string, at: string) => `La inició ${name}, ${at}.`,
    back: 'A la lista de salidas',
    outcomes: {
      'no-key': 'La lista no se firmó: este dispositivo no tiene la llave.',
      unread: 'La lista no se firmó: lo publicado no se pudo comprobar. Vea «Llave y lista».',
      merged: 'La lista no se firmó: otra persona la cambió al mismo tiempo. Revise y firme otra vez.',
    },
  },
  succession: {
    tab: 'Sucesión',
    title: 'Sucesión',
    hint: 'Si ya no queda nadie que coordine una institución, dos coordinaciones de la red, una de cada país, nombran a otra persona.',
    now: 'Nombramientos',
    none: 'La red no ha nombrado a nadie por sucesión.',
    who: (name: string, institution: string) => `${name} coordina ${institution}`,
    unknownPerson: 'Una persona que este servidor no conoce',
    by: (names: string, at: string) => `Lo decidieron ${names}, el ${at}.`,
    taken: 'Ya firmó la lista: es la que está en vigor.',
    waiting:
      'Todavía no firma su lista. Mientras tanto sigue en vigor la anterior; la llave anterior ya no vale.',
    mine: 'La red le nombró a usted',
    mineHint:
      'Abra «Llave y lista», agréguese como coordinación, quite a quienes ya no están y publique la lista. Solo usted puede publicar esta primera lista.',
    mineOpen: 'Ir a «Llave y lista»',
    ask: 'Si su institución se quedó sin coordinación',
    askSteps: [
      'Haga aquí una llave nueva. Queda en este dispositivo y nadie más la tiene.',
      'Entregue la parte pública, y lea su número por teléfono, a dos coordinaciones de la red, una de cada país.',
      'Ellas comprueban quién es usted y firman el nombramiento. Mientras tanto nada cambia.',
      'Cuando esta página lo diga, firme la lista de personas de su institución.',
    ],
    make: 'Hacer mi llave',
    made: 'Su llave está en este dispositivo.',
    account: 'Su cuenta',
    code: 'Número de su llave',
    download: 'Descargar la parte pública',
    qr: 'Su cuenta y el número de su llave, para leerlas con la cámara',
    needStore:
      'Guárdela también con su clave de recuperación, en «Llave y lista», para no perderla con el dispositivo.',
    coordinatorsFirst:
      'Su institución tiene quien la coordina: la sucesión no hace falta. Para entregar la coordinación, la persona que coordina la pasa al salir.',
  },
}
