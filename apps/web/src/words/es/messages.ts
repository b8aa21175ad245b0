/** What is done to messages. */
export const messages = {
  messages: {
    bar: 'Acciones',
    react: 'Reaccionar',
    quick: 'Reacciones rápidas',
    moreReactions: 'Más reacciones',
    reactions: 'Reacciones',
    chip: (sign: string, count: number, names: string) =>
      count === 1 ? `${sign}, 1 persona: ${names}` : `${sign}, ${count} personas: ${names}`,
    whoReacted: 'Quién reaccionó',
    reactionsHint:
      'Las reacciones viajan sin cifrar: los servidores ven el dibujo y quién lo puso. Son un gesto; no sirven como constancia.',
    removing: 'Se borrará para todas las personas del canal.',
    removingOffline: 'Se borrará para todas las personas del canal cuando haya conexión.',
    removeFailed: 'No se pudo borrar.',
    undo: 'Deshacer',
    deleteHint: 'Lo escribió otra persona. Se borrará para todas las personas del canal.',
    versions: 'Versiones del mensaje',
    openVersions: 'Ver las versiones anteriores',
    version: (number: number) => `Versión ${number}`,
    first: 'Como se envió',
    versionsFailed: 'No se pudieron traer todas las versiones. Se muestran las que tiene este dispositivo.',
    versionsLoading: 'Trayendo las versiones…',
    replyInThread: 'Responder en un hilo',
    thread: 'Hilo',
    threads: 'Hilos',
    threadsUnread: (count: number) =>
      count === 1 ? 'Hilos: 1 con mensajes sin leer' : `Hilos: ${count} con mensajes sin leer`,
    answers: (count: number) => (count === 1 ? '1 respuesta' : `${count} respuestas`),
    unread: (count: number) => (count === 1 ? '1 nueva' : `${count} nuevas`),
    unreadWord: 'sin leer',
    follow: 'Seguir',
    follows: 'Lo sigue',
    followHint: 'Sus mensajes nuevos quedarán contados hasta que abra el hilo.',
    followsHint: 'Toque para dejar de seguirlo: se dará por leído junto con el canal.',
    threadLoading: 'Trayendo el hilo…',
    threadFailed: 'No se pudo traer todo el hilo.',
    threadsLoading: 'Trayendo los hilos…',
    threadsFailed: 'No se pudo traer la lista de hilos.',
    noThreads: 'Aún no hay hilos',
    noThreadsHint:
      'Un hilo aparta una conversación sin llenar el canal: en un mensaje, elija «Responder en un hilo».',
    moreThreads: 'Ver más hilos',
    allRead: 'Marcar todos como leídos',
    unknownRoot: 'Un mensaje que este dispositivo no puede leer',
    forward: 'Reenviar',
    forwardTitle: 'Reenviar a',
    forwardNowhere: 'No hay otro canal en el que pueda escribir.',
    forwardReach: (count: number) =>
      count === 1
        ? 'Allí lo leerá 1 persona que no está en este canal.'
        : `Allí lo leerán ${count} personas que no están en este canal.`,
    forwardWho: (names: string) => `De: ${names}.`,
    forwardGuarded:
      'Este mensaje viene del canal de niñez. Sé que lo leerán más personas, y que hace falta que lo lean.',
    origin: (name: string, when: string) => `Reenviado: ${name}, ${when}`,
    originHint: 'El origen lo dice quien reenvió el mensaje.',
  },
}
