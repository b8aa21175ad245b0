/** The institution's sealed envelope: a way back that two coordinators open together. */
export const envelope = {
  envelope: {
    offer: 'Sobre sellado de su institución',
    notOffered: (listed: number): string =>
      listed === 0
        ? 'El sobre sellado de su institución no se ofrece: en la lista firmada no hay otra persona de coordinación. Hacen falta dos.'
        : 'El sobre sellado de su institución no se ofrece: en la lista firmada hay una sola persona de coordinación además de usted. Hacen falta dos.',
    title: 'Sobre sellado',
    text: 'La clave se guarda en un sobre que solo se abre con las partes de dos personas de coordinación, y solo para usted. Ninguna puede abrirlo sola, ni tampoco el servidor.',
    who: 'Quiénes guardarán una parte',
    state: {
      ready: 'lista para guardar su parte',
      not_compared: 'falta comparar dibujos con esta persona',
      changed: 'cambió de claves: hable con ella antes',
      no_device: 'todavía no tiene un dispositivo confirmado',
      not_listed: 'no coordina, según la lista firmada',
    },
    compare: 'Comparar',
    need: (ready: number): string =>
      ready === 0
        ? 'Compare dibujos con al menos dos: así se sabe que cada parte llega a quien debe.'
        : 'Falta comparar dibujos con una persona más.',
    seal: 'Sellar y repartir',
    working: 'Un momento…',
    back: 'Volver a ver la clave',
    loadFailed: 'No se pudo preguntar quién coordina. Revise su conexión.',
    tooFew: 'Ahora no hay dos personas que puedan guardar su parte. Vuelva a mirar la lista.',
    madeTitle: 'Sobre sellado y repartido',
    made: 'Queda hecho cuando dos personas de coordinación tengan su parte guardada: basta que abran Enlace. Mientras tanto no cierre sesión en este dispositivo.',
    kept: (kept: number, of: number): string =>
      kept === 0
        ? `Todavía nadie de ${of} ha guardado su parte.`
        : kept === 1
          ? `Una persona de ${of} ya guardó su parte.`
          : `${kept} personas de ${of} ya guardaron su parte.`,
    enough: 'Listo: si pierde este dispositivo, dos personas de su coordinación le abren el sobre.',
    pending: (kept: number): string =>
      kept === 0
        ? 'Su sobre espera que dos personas de coordinación guarden su parte.'
        : 'Su sobre espera que una persona más de coordinación guarde su parte.',
    see: 'Ver',
    renewTitle: 'Renovar el sobre',
    renewBanner: 'El sobre de su clave necesita renovarse: cambió su coordinación.',
    left: (names: string) => `Ya no coordina: ${names}.`,
    came: (names: string) => `Coordina desde hace poco: ${names}.`,
    changed: (names: string) => `Empezó de nuevo con otras claves: ${names}.`,
    renewText:
      'Al renovar se hace una clave nueva y se reparte de nuevo. Las partes de antes, y la hoja impresa si la tiene, dejan de servir.',
    renew: 'Renovar',
    askWith: 'Pedir que abran mi sobre',
    askTitle: 'Pida que abran su sobre',
    askText:
      'Llame a dos personas de coordinación de su institución, o véalas en persona, y léale este código a cada una:',
    askWarning: 'Léalo solo a quien usted llamó o tiene enfrente. Nadie de Enlace se lo pedirá por mensaje.',
    askWho: 'Pueden abrirlo:',
    released: (count: number): string =>
      count === 0
        ? 'Todavía nadie ha entregado su parte. Puede cerrar Enlace: al abrirlo sigue esperando.'
        : 'Una persona ya entregó su parte. Falta otra.',
    altered: (names: string) =>
      `La parte de ${names} llegó cambiada y no se usó. Avísele, y pida a otra persona la suya.`,
    strangers: (names: string) =>
      `${names} entregó una parte y no coordina, según la lista firmada. No se usó. Avise a su coordinación.`,
    rosterUnknown: 'No se pudo comprobar la lista firmada de su institución. Se intenta otra vez.',
    until: (when: string) => `Vale hasta el ${when}.`,
    opening: 'Abriendo el sobre…',
    giveUp: 'Cancelar la solicitud',
    over: {
      refused: 'Su coordinación no lo abrió. Hable con ella antes de pedirlo otra vez.',
      expired:
        'Pasó el plazo sin que dos personas entregaran su parte. Vuelva a pedirlo cuando pueda llamarlas.',
      withdrawn: 'La solicitud se retiró desde otro dispositivo suyo.',
      envelope_altered:
        'El sobre no es el que usted selló: lo cambiaron en el servidor. No se abrió nada. Avise a su coordinación.',
      old_key: 'El sobre es de una clave anterior y ya no sirve. Use otro camino.',
    },
    again: 'Pedirlo otra vez',
    done: 'Listo. Sus mensajes anteriores irán apareciendo. El sobre se renovó: lo que se abrió ya no sirve.',
    asksTitle: 'Piden abrir su sobre',
    ask: (name: string) => `${name} perdió su dispositivo y pide que abran su sobre`,
    releasedBy: (count: number): string =>
      count === 0 ? 'Nadie ha entregado su parte.' : 'Otra persona ya entregó su parte.',
    yours: 'Usted ya entregó su parte.',
    decide: 'Entregar mi parte o rechazar',
    dialog: (name: string) => `¿Es ${name}?`,
    steps: [
      'Vea a la persona, o llámela a un número que usted ya tenía. No por Enlace.',
      'Pregúntele si perdió su dispositivo y pidió abrir su sobre.',
      'Pídale el código de su pantalla y escríbalo aquí. No se lo diga usted.',
    ],
    release: 'Es esa persona: entregar mi parte',
    refuse: 'No: rechazar',
    wrongCode:
      'El código no coincide. No entregue nada: puede ser otro dispositivo que se hace pasar por el suyo. Si no fue un error al leerlo, rechace.',
    noPart:
      'En sus dispositivos no hay una parte del sobre de esta persona. Puede abrirlo otra persona de coordinación.',
    otherEnvelope:
      'Su parte es de otro sobre de esta persona, hecho antes o después. Con ella no se abre el que pide.',
    handedOver: (name: string) => `Entregada. Solo el dispositivo de ${name} puede leerla.`,
    refused: (name: string) =>
      `Rechazado. Si ${name} no lo pidió, alguien tiene su contraseña: pídale que la cambie hoy.`,
    banner: (name: string) => `${name} pide que abran su sobre. Vea si es esa persona.`,
  },
}
