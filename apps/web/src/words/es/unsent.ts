/** What waits to be sent and would be lost: at signing out, by forgetting, by another account. */
export const unsent = {
  title: (count: number) => (count === 1 ? 'Hay 1 mensaje sin enviar' : `Hay ${count} mensajes sin enviar`),
  titleAll: (count: number) => (count === 1 ? 'Falta enviar 1 cosa' : `Falta enviar ${count} cosas`),
  kinds: {
    messages: 'Mensajes',
    cases: 'Casos empezados o por enviar',
    meetings: 'Escrito en reuniones',
    materials: 'Borradores de materiales',
    publications: 'Cambios firmados de una institución',
    acts: 'Reacciones y borrados de mensajes',
  },
  hint: 'Si cierra la sesión ahora, se pierde: está solo en este dispositivo.',
  in: (channel: string, count: number) => (count === 1 ? `${channel}: 1` : `${channel}: ${count}`),
  unknownChannel: 'Un canal que ya no se ve aquí',
  sendFirst: 'Enviarlos primero',
  sending: (count: number) => `Enviando. ${count === 1 ? 'Queda' : 'Quedan'} ${count}…`,
  noNetwork: 'No hay conexión: se envía en cuanto vuelva. Puede dejar esta ventana abierta.',
  failed: 'Algo no se pudo enviar, o no está terminado. Ábralo en su canal o en Casos, o acepte perderlo.',
  allSent: 'Todo se envió. Ya puede cerrar la sesión.',
  lose: 'Entiendo que esto se pierde.',
  unknown: 'No se sabe si falta enviar algo',
  unknownHint:
    'Lo guardado en este dispositivo no se pudo abrir para contarlo. Si falta algo, está solo aquí y se pierde con lo demás. Cierre las otras pestañas de Enlace e intente otra vez.',
  loseUnknown: 'Entiendo que, si falta enviar algo, se pierde.',
  forgetTitle: '¿Borrar lo guardado en este dispositivo?',
  forgetHint:
    'Está solo en este dispositivo y se pierde con lo demás. Si ingresa otra vez con esa cuenta, se envía.',
  forgetConfirm: 'Borrar y seguir',
  lockedHint: 'Está solo en este dispositivo y se pierde con lo demás. Si abre Enlace con su PIN, se envía.',
  place: {
    title: '¿Borrar lo que otra cuenta guarda aquí?',
    why: (who: string) =>
      `Para que entre ${who}, se borra de este dispositivo lo que Enlace guarda aquí de quien estaba antes. De cada cuenta falta enviar:`,
    hint: 'Está solo en este dispositivo y se pierde con lo demás. Para que se envíe, vuelva y entre con la cuenta que lo escribió.',
    unknown: (who: string) => `${who}: no se sabe`,
    stop: 'Volver sin borrar nada',
  },
  idleTitle: '¿Sigue ahí?',
  idleHint: (minutes: number) =>
    `Nadie usa este equipo. En ${minutes === 1 ? '1 minuto' : `${minutes} minutos`} la sesión termina y aquí no queda nada.`,
  idleStay: 'Seguir aquí',
}
