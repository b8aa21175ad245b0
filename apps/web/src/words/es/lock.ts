/** The lock of this device: shared computers of an office, and public ones. */
export const lock = {
  title: 'Bloqueo de este dispositivo',
  hint: 'Para computadoras y teléfonos que usan varias personas. Lo que Enlace guarda aquí queda cerrado hasta que usted escriba su PIN.',
  off: 'Sin bloqueo: quien abra este navegador ve sus mensajes.',
  on: (minutes: number) => `Se bloquea después de ${minutes} min sin uso.`,
  withPasskey: 'Se abre con su PIN o con su llave de acceso.',
  whileLocked: 'Mientras está bloqueado, los avisos urgentes le llegan por sus otros medios.',
  fromBefore:
    'Este dispositivo inició sesión con una versión anterior. Cierre la sesión y vuelva a entrar para poder bloquearlo.',
  nothingKept: 'Usa un equipo público: aquí no queda nada cuando cierre la página.',
  set: 'Poner bloqueo',
  change: 'Cambiar PIN',
  remove: 'Quitar bloqueo',
  now: 'Bloquear ahora',
  nav: 'Bloquear',
  changePerson: 'Cambiar de persona',
  idle: 'Bloquear sin uso después de',
  minutes: (minutes: number) =>
    minutes === 60 ? '1 hora' : minutes === 1 ? '1 minuto' : `${minutes} minutos`,
  setTitle: 'Ponga un PIN para este dispositivo',
  setHint: 'Al menos 6 números, o una frase. Solo sirve aquí; su contraseña no cambia.',
  pin: 'PIN',
  again: 'PIN otra vez',
  passkey: 'Abrir también con huella, rostro o PIN del dispositivo (llave de acceso)',
  save: 'Guardar',
  short: 'El PIN debe tener al menos 6 números o letras.',
  simple: 'Ese PIN es de los primeros que alguien probaría. Elija otro.',
  differ: 'Los dos PIN no son iguales.',
  noPasskey: 'El PIN quedó puesto. Las llaves de acceso de este dispositivo no sirven para el bloqueo.',
  done: 'Bloqueo puesto.',
  removed: 'Bloqueo quitado.',
  failed: 'No se pudo guardar. Intente de nuevo.',
  lockedTitle: 'Enlace está bloqueado',
  unlock: 'Abrir',
  opening: 'Abriendo…',
  usePasskey: 'Usar llave de acceso',
  wrong: (left: number) =>
    left === 1
      ? 'Ese no es el PIN. Queda 1 intento: después se borra lo guardado aquí.'
      : `Ese no es el PIN. Quedan ${left} intentos.`,
  wait: (seconds: number) => `Demasiados intentos. Espere ${seconds} s y pruebe otra vez.`,
  lost: 'Demasiados intentos: se borró lo guardado en este dispositivo. Entre de nuevo con su contraseña.',
  cancelled: 'No se abrió con la llave de acceso. Intente de nuevo o use su PIN.',
  otherPerson: 'Otra persona',
  forgot: 'Olvidé mi PIN',
  forgotTitle: '¿Empezar de nuevo en este dispositivo?',
  forgotHint:
    'Se borra lo que Enlace guarda aquí de su cuenta, también sus borradores. Después entra con su contraseña y recupera sus mensajes con su clave de recuperación o desde otro dispositivo.',
  forgotConfirm: 'Borrar y entrar de nuevo',
  othersHere: 'En este equipo también',
  publicComputer: 'Equipo público: no dejar nada aquí',
  publicHint:
    'Los mensajes se ven mientras la página está abierta. Al cerrarla o recargarla se cierra la sesión.',
}

/** What an institution demands of its people's devices. */
export const lockRule = {
  title: 'Bloqueo de los dispositivos',
  hint: 'Vale para toda su gente. Cada persona puede poner un tiempo más corto, nunca uno más largo.',
  required: 'Deben tener bloqueo',
  which: {
    no: 'Los que su persona quiera',
    shared: 'Las computadoras y teléfonos que usan varias personas',
    always: 'Todos los dispositivos',
  },
  idle: 'Se bloquean sin uso, a más tardar, después de',
  anyTime: 'Lo que elija cada persona',
  save: 'Guardar la regla',
  saved: 'Guardado. Los dispositivos de su gente lo toman en unos minutos.',
  demanded: 'Su institución pide un bloqueo en este dispositivo.',
  atMost: (minutes: number) =>
    minutes === 1
      ? 'Su institución pide que se bloquee, a más tardar, después de 1 minuto sin uso.'
      : `Su institución pide que se bloquee, a más tardar, después de ${minutes} minutos sin uso.`,
}
