/** What would be lost, or is not here: unsent messages at signing out, a full device, a page that was never fetched. */
export const unkept = {
  unsent: {
    title: (count: number) => (count === 1 ? 'Hay 1 mensaje sin enviar' : `Hay ${count} mensajes sin enviar`),
    hint: 'Si cierra la sesión ahora, se pierden: están solo en este dispositivo.',
    in: (channel: string, count: number) => (count === 1 ? `${channel}: 1` : `${channel}: ${count}`),
    unknownChannel: 'Un canal que ya no se ve aquí',
    sendFirst: 'Enviarlos primero',
    sending: (count: number) =>
      count === 1 ? 'Enviando. Queda 1 mensaje…' : `Enviando. Quedan ${count} mensajes…`,
    noNetwork: 'No hay conexión: se envían en cuanto vuelva. Puede dejar esta ventana abierta.',
    failed: 'Alguno no se pudo enviar. Ábralo en su canal para ver por qué, o acepte perderlo.',
    allSent: 'Todo se envió. Ya puede cerrar la sesión.',
    lose: 'Entiendo que estos mensajes se pierden.',
    unknown: 'No se sabe si hay mensajes sin enviar',
    unknownHint:
      'Lo guardado en este dispositivo no se pudo abrir para contarlos. Si los hay, están solo aquí y se pierden con lo demás. Cierre las otras pestañas de Enlace e intente otra vez.',
    loseUnknown: 'Entiendo que, si hay mensajes sin enviar, se pierden.',
    forgetTitle: '¿Borrar lo guardado en este dispositivo?',
    forgetHint:
      'Están solo en este dispositivo y se pierden con lo demás. Si ingresa otra vez con esa cuenta, se envían.',
    forgetConfirm: 'Borrar y seguir',
    lockedHint:
      'Están solo en este dispositivo y se pierden con lo demás. Si abre Enlace con su PIN, se envían.',
    place: {
      title: '¿Borrar lo que otra cuenta guarda aquí?',
      why: (who: string) =>
        `Para que entre ${who}, se borra de este dispositivo lo que Enlace guarda aquí de quien estaba antes. Mensajes sin enviar de cada cuenta:`,
      hint: 'Están solo en este dispositivo y se pierden con lo demás. Para que se envíen, vuelva y entre con la cuenta que los escribió.',
      unknown: (who: string) => `${who}: no se sabe`,
      stop: 'Volver sin borrar nada',
    },
    idleTitle: '¿Sigue ahí?',
    idleHint: (minutes: number) =>
      `Nadie usa este equipo. En ${minutes === 1 ? '1 minuto' : `${minutes} minutos`} la sesión termina y aquí no queda nada.`,
    idleStay: 'Seguir aquí',
  },
  deviceFull: {
    title: 'Este dispositivo no tiene espacio.',
    hint: 'Lo que llega se ve mientras Enlace está abierto, pero no queda guardado aquí. Borre archivos o aplicaciones que no use.',
  },
  notHere: {
    title: 'Esta página todavía no está guardada en este dispositivo',
    hint: 'Se descarga la primera vez que se abre, y ahora no hay conexión. Se abre sola en cuanto vuelva. Lo demás de Enlace sigue funcionando.',
  },
}
