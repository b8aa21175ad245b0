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
  },
}
