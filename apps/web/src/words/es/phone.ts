/** Enlace on a phone: installed, shared to, and what the device keeps. */
export const phone = {
  phone: {
    install: {
      title: 'Enlace en su pantalla de inicio',
      text: 'Instálelo para abrirlo con un toque y recibir lo que otras aplicaciones comparten. No ocupa más espacio.',
      apple: 'En Safari, toque Compartir y luego «Agregar a inicio».',
      take: 'Instalar',
      no: 'Ahora no',
    },
    share: {
      title: 'Enviar a un canal',
      hint: 'Elija el canal. Nada se envía hasta que usted lo confirme.',
      waits: 'Se guarda en este dispositivo hasta por un día.',
      caption: 'Texto',
      captionHint: 'Opcional: qué es y para qué caso',
      to: (channel: string) => `Enviar a ${channel}`,
      other: 'Elegir otro canal',
      discard: 'Descartar',
      none: 'No hay nada por enviar',
      noneHint: 'En la galería o en otra aplicación toque Compartir y elija Enlace.',
      noChannels: 'Todavía no está en ningún canal donde pueda escribir.',
      full: 'Este teléfono no tiene espacio para recibir lo que compartió. Libere espacio y vuelva a compartirlo.',
      many: 'Aquí ya espera todo lo que puede esperar. Envíe o descarte algo, y vuelva a compartir.',
      tooLarge: (name: string) => `«${name}» es demasiado grande para enviarlo.`,
      find: 'Buscar canal',
    },
    shortcut: {
      urgent: 'Llamada urgente',
      urgentHint: 'Escriba qué pasa y elija el canal. Después confirma a quién se llama.',
      what: 'Qué pasa',
      whatHint: 'Sin nombres si puede: lugar, edades, qué se necesita y para cuándo',
      case: 'Nuevo caso',
      caseHint: 'Elija el canal del caso.',
      waiting: 'Enviando el mensaje; la llamada se confirma en cuanto salga…',
      noChannels: 'No está en ningún canal temático. Pida a su coordinación que le agregue.',
    },
    storage: {
      title: 'Espacio en este dispositivo',
      used: (used: string, room: string) => `Enlace usa ${used} de los ${room} que le da este navegador.`,
      usedOnly: (used: string) => `Enlace usa ${used}.`,
      unknown: 'Este navegador no dice cuánto espacio usa Enlace.',
      kept: 'El navegador prometió no borrar lo que Enlace guarda aquí.',
      notKept:
        'Si el teléfono se queda sin espacio, el navegador puede borrar lo que Enlace guarda aquí. Guarde su clave de recuperación.',
      ask: 'Pedir que no se borre',
      refused: 'El navegador no lo concedió por ahora. Suele concederlo si instala Enlace o lo usa a menudo.',
      free: 'Liberar espacio',
      freeHint:
        'Borra los textos para buscar y los archivos abiertos. Los mensajes, casos y borradores quedan; lo demás se trae de nuevo.',
      freed: 'Listo: se liberó lo que se puede traer de nuevo.',
    },
  },
}
