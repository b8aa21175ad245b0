/** Letting a second device in: what the new one shows, and what the one that is signed in asks. */
export const otherDevice = {
  otherDevice: {
    title: 'Entrar con otro dispositivo',
    intro: 'Use un teléfono o una computadora donde ya tiene abierta su cuenta de Enlace.',
    steps: [
      'Escanee este cuadro con la cámara del otro dispositivo. También puede abrir Enlace ahí, ir a Ajustes, Sesiones, «Ingresar en otro dispositivo» y escribir el código.',
      'Revise en el otro dispositivo que el código sea el mismo y confirme con su contraseña o su llave de acceso.',
      'Esta pantalla entra sola en cuanto usted confirme.',
    ],
    qr: 'Código QR para abrir la confirmación en el otro dispositivo',
    code: 'Código',
    orType: (address: string) => `Sin Enlace a mano: abra ${address} y escriba el código.`,
    until: (time: string) => `Vale hasta las ${time}.`,
    waiting: 'Esperando la confirmación del otro dispositivo…',
    offline: 'Sin conexión con el servidor. Se sigue intentando.',
    entering: 'Confirmado. Entrando…',
    starting: 'Pidiendo un código…',
    ended: {
      denied: 'En el otro dispositivo se respondió que no. Si fue por error, pida otro código.',
      expired:
        'El código venció sin que nadie lo confirmara. Pida otro cuando tenga el otro dispositivo a mano.',
      refused: 'El servidor ya no acepta ese código. Pida otro.',
      offline: 'No se pudo pedir un código. Revise la conexión y vuelva a intentar.',
    },
    again: 'Pedir otro código',
    back: 'Entrar de otra forma',

    approve: {
      open: 'Ingresar en otro dispositivo',
      openHint:
        'Abra Enlace en el dispositivo nuevo, elija «Entrar con otro dispositivo» y escriba aquí el código que muestra.',
      title: 'Ingresar en otro dispositivo',
      typeHint:
        'En el dispositivo nuevo, elija «Entrar con otro dispositivo». Escriba aquí el código que muestra.',
      code: 'Código del dispositivo nuevo',
      go: 'Seguir',
      looking: 'Buscando el dispositivo…',
      other: 'Escribir otro código',
      asks: 'Un dispositivo pide entrar en su cuenta',
      what: 'Si lo confirma, ese dispositivo podrá leer y escribir como usted hasta que cierre su sesión en Ajustes.',
      compare: 'El dispositivo que tiene delante debe mostrar este mismo código:',
      application: 'Programa',
      from: 'Red desde la que pide',
      sameNetwork: 'la misma en la que está usted',
      otherNetwork:
        'Pide desde otra red que la suya. Eso pasa si su teléfono usa datos móviles. Si el dispositivo no está delante de usted, responda que no.',
      when: 'Hora',
      warn: 'Si alguien le envió este código o este enlace, responda que no: quiere entrar en su cuenta. Nadie de su institución se lo pedirá por teléfono, correo ni mensaje.',
      inFront: 'Tengo el dispositivo delante, yo pedí entrar y el código es el mismo.',
      yes: 'Dejar entrar al dispositivo',
      no: 'No, no fui yo',
      refusedDone:
        'El dispositivo no entró. Si usted no pidió entrar en ninguno, cambie su contraseña y avise a su coordinación.',
      admitted: 'Listo: el dispositivo está entrando en su cuenta.',
      soon: 'Espere a que termine de abrir Enlace ahí…',
      confirmHint:
        'Falta un paso: confirmar que es el suyo, comparando unas imágenes. Así lee sus mensajes anteriores sin escribir la clave de recuperación.',
      confirm: 'Comparar imágenes ahora',
      cannotConfirm:
        'Este dispositivo todavía no está confirmado y no puede confirmar a otro. En el dispositivo nuevo, use su clave de recuperación.',
      confirmed: 'El dispositivo nuevo está confirmado.',
      toSessions: 'Ver mis sesiones',
    },
  },
}
