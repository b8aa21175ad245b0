/** Starting again with new keys, who confirms it, and the pictures that are compared. */
export const identity = {
  restart: {
    title: 'Empezar de nuevo',
    waitTitle: 'Pida que confirmen que es usted',
    coordinator: 'Llame a la coordinación de su institución, o vaya en persona, y léale este código:',
    operator:
      'En su institución nadie más coordina. Llame a quien administra el servidor de su institución y léale este código:',
    who: 'Puede confirmar:',
    until: (when: string) => `Vale hasta el ${when}.`,
    wait: 'Esperando la confirmación… Puede cerrar Enlace: al abrirlo sigue esperando.',
    warning: 'Léalo solo a quien usted llamó. Nadie de Enlace se lo pedirá por mensaje.',
    giveUp: 'Cancelar la solicitud',
    finishing: 'Confirmado. Preparando este dispositivo…',
    over: {
      refused: 'Su coordinación no lo confirmó. Hable con ella antes de intentarlo otra vez.',
      denied:
        'Desde otro dispositivo de esta cuenta se respondió «No fui yo». Hable con la coordinación de su institución.',
      expired: 'Pasó el plazo y nadie lo confirmó. Vuelva a pedirlo cuando pueda llamar a su coordinación.',
    },
    tryAgain: 'Pedirlo otra vez',
    banner: 'Falta que su coordinación confirme que es usted.',
    bannerOver: 'No se confirmó que es usted.',
    showCode: 'Ver el código',
    see: 'Ver',
  },
  resets: {
    title: 'Confirmaciones',
    card: 'Personas que empiezan de nuevo',
    cardHint:
      'Cuando alguien de su institución pierde sus dispositivos y su clave, usted confirma que es esa persona.',
    open: 'Ver las solicitudes',
    banner: (name: string, more: number) =>
      more === 0
        ? `${name} pide empezar de nuevo con otras claves. Confirme si es esa persona.`
        : `${name} y ${more} más piden empezar de nuevo con otras claves.`,
    hint: 'Quien empieza de nuevo recibirá lo que se escriba desde entonces en los canales. Confirme solo a quien reconoce por la voz o en persona.',
    none: 'Nadie espera una confirmación',
    noneHint: 'Aquí verá a quien de su institución pida empezar de nuevo.',
    notYours: 'Esto lo ve la coordinación',
    notYoursHint: 'Solo la coordinación de una institución confirma a su gente.',
    asked: (when: string) => `Lo pidió el ${when}`,
    from: (device: string) => `desde «${device}»`,
    until: (when: string) => `Vale hasta el ${when}`,
    doubted: 'Cuidado: desde otra sesión de esta cuenta se respondió «No fui yo».',
    decide: 'Confirmar o rechazar',
    dialog: (name: string) => `¿Es ${name}?`,
    steps: [
      'Llame a la persona a un número que usted ya tenía, o véala en persona. No por Enlace.',
      'Pregúntele si pidió empezar de nuevo.',
      'Pídale el código de su pantalla y escríbalo aquí. No se lo diga usted.',
    ],
    code: 'Código que le leyó',
    codeHint: 'Son 24 cifras, en seis grupos.',
    password: 'Su contraseña (la de usted)',
    approve: 'Sí, es esa persona: confirmar',
    refuse: 'No: rechazar',
    working: 'Enviando…',
    wrongCode:
      'El código no coincide. No confirme: puede ser otra persona que se hace pasar por ella. Si no fue un error al leerlo, rechace y cambien la contraseña de esa cuenta.',
    approved: (name: string) => `Confirmado. El dispositivo de ${name} sigue solo.`,
    refused: (name: string) =>
      `Rechazado. Si ${name} no lo pidió, alguien tiene su contraseña: pídale que la cambie hoy.`,
    log: 'Lo decidido en los últimos 90 días',
    state: {
      waiting: 'espera',
      approved: 'confirmado, aún sin usar',
      refused: 'rechazado',
      withdrawn: 'retirado por quien lo pidió',
      denied: 'la persona respondió «No fui yo»',
      done: 'confirmado y hecho',
      reported: 'la persona avisó: «No fui yo»',
      expired: 'venció sin respuesta',
    },
    by: (name: string) => `por ${name}`,
    operator: 'quien administra el servidor',
  },
  confirmed: {
    text: (name: string, by: string, when: string) =>
      `${name} empezó de nuevo con otras claves. Lo confirmó ${by}, que coordina su institución, con su firma (${when}).`,
    mine: (name: string, when: string) =>
      `${name} empezó de nuevo con otras claves. Lo confirmó usted (${when}).`,
    ok: 'Entendido',
  },
}
