/** What a room is, whose identity changed, what is held back and why. */
export const trust = {
  room: {
    mark: {
      conversation: 'Turno de guardia',
      private: 'Sala privada',
      open: 'Sin cifrar',
      unknown: 'Se comprueba al entrar',
    },
    conversation: {
      title: 'Conversación con la guardia.',
      hint: 'Va cifrada: solo la leen quienes participan, todos de instituciones de la red. Lo que deba quedar en un expediente, ábralo como caso.',
      start: 'Este es el comienzo de la conversación con la guardia.',
    },
    direct: {
      title: 'Conversación entre dos personas.',
      hint: 'Va cifrada y no admite a nadie más. Lo que deba quedar en un expediente, ábralo como caso en un canal.',
      start: 'Este es el comienzo de la conversación.',
    },
    group: {
      title: 'Grupo.',
      hint: 'Va cifrado: solo lo leen quienes participan. Lo que deba quedar en un expediente, ábralo como caso en un canal.',
      start: 'Este es el comienzo del grupo.',
    },
    private: {
      title: 'Sala privada: no es un canal de la red.',
      hint: 'Lo que se escribe aquí va cifrado, pero no es un canal temático: aquí no se abren casos.',
      start: 'Este es el comienzo de la sala. No es un canal de la red.',
    },
    open: {
      title: 'Sala sin cifrar: no es un canal de la red.',
      hint: 'Los servidores podrían leer lo que se escriba aquí, o inventarlo. Enlace no envía nada a esta sala ni muestra lo que llega sin cifrar. Si alguien le pidió escribir aquí, avise a su coordinación.',
      start: 'Este es el comienzo de la sala. No está cifrada.',
    },
    noComposer: 'Aquí no se puede escribir: esta sala no está cifrada. Use un canal de la red.',
    hold: {
      unvouched: {
        title: 'Envío en pausa: su servidor no responde por alguien que está en este canal.',
        who: (name: string, reason?: string) =>
          `${name}: ${reason ?? 'su servidor aún no pudo comprobar quién es.'}`,
        hint: 'Lo que escriba queda guardado y saldrá cuando la coordinación del canal retire a esa persona o su institución confirme quién es. Avise a su coordinación.',
      },
      identity: {
        title: 'Envío en pausa: cambió la identidad de seguridad de alguien de este canal.',
        who: (name: string, when: string) => `${name}. Visto en este dispositivo: ${when}.`,
        hint: 'Puede ser alguien que empezó de nuevo, o alguien que se hace pasar por esa persona. Llámele por teléfono y comparen los dibujos. También se acepta si lo confirma con su firma la coordinación de su institución. Lo que escriba queda guardado y saldrá después.',
      },
      compare: 'Comparar dibujos',
      remove: 'Retirar del canal',
    },
  },
  verifyPerson: {
    title: (name: string) => `Comparar dibujos con ${name}`,
    waiting: (name: string) =>
      `Pida a ${name} que abra Enlace y acepte la solicitud. No cuelgue el teléfono.`,
    incoming: (name: string) => `${name} pide comparar dibujos`,
    incomingHint: 'Acepte solo si está hablando con esa persona en este momento, por teléfono o en persona.',
    compare: '¿Ven los dos los mismos dibujos, en el mismo orden?',
    done: 'Identidad confirmada. Los mensajes en pausa ya pueden salir.',
    impossible:
      'Esa persona no tiene ahora un dispositivo confirmado con el que comparar. Pídale que ingrese a Enlace.',
  },
  ownIdentity: {
    title: 'Se restableció la identidad de su cuenta. ¿Fue usted?',
    text: (when: string) =>
      `Desde otro dispositivo se empezó de nuevo con su cuenta (visto aquí: ${when}). Si no fue usted, alguien tiene su contraseña.`,
    mine: 'Sí, fui yo',
    notMine: 'No fui yo',
    askedTitle: 'Se pide empezar de nuevo con su cuenta. ¿Fue usted?',
    asked: (name: string, when: string) =>
      `Lo pidió «${name}» el ${when}, con su contraseña. Si no fue usted, respóndalo ahora: todavía se puede detener.`,
    stopped: (told: number) =>
      `Se detuvo y se cerró la sesión que lo pidió. ${told === 0 ? 'Avise hoy mismo a su coordinación.' : 'Se avisó a su coordinación.'}`,
    reported: (told: number): string =>
      told === 0
        ? 'Avise hoy mismo a la coordinación de su institución.'
        : 'Se avisó a la coordinación de su institución.',
    endTitle: 'Cambie su contraseña ahora',
    endHint: 'Quien lo hizo tiene su contraseña. Con una nueva se cierran todas las sesiones menos esta.',
    password: 'Contraseña actual',
    newPassword: 'Contraseña nueva',
    newPasswordHint: 'Al menos 12 letras o cifras. Que no sea una que use en otro lugar.',
    end: 'Cambiar y cerrar las demás sesiones',
    later: 'Ahora no',
    ended: 'Su contraseña cambió y las demás sesiones se cerraron.',
    newDevice: (name: string) => `Se ingresó a su cuenta desde «${name}». ¿Fue usted?`,
  },
}
