/** What ending a session here may lose. */
export const keyLoss = {
  keyLoss: {
    asking: 'Comprobando si su clave de recuperación está guardada…',
    unknown:
      'No se pudo comprobar si su clave de recuperación está guardada. Si no lo está y este es su único dispositivo, al cerrar la sesión pierde sus mensajes anteriores. Si puede, espere a tener conexión.',
    forget:
      'En este dispositivo no consta que la clave de recuperación de la cuenta esté guardada. Si no lo está y no hay otro dispositivo de esa persona, sus mensajes anteriores se pierden.',
    others:
      'Este dispositivo no está confirmado y no consta que su clave de recuperación esté guardada: si cierra los demás, puede perder sus mensajes anteriores.',
    of: (who: string) => `${who}: no consta que su clave de recuperación esté guardada`,
    lose: 'Entiendo que, si la clave no está guardada, los mensajes anteriores se pierden.',
    loseBoth:
      'Entiendo que los mensajes sin enviar y, si la clave no está guardada, los anteriores se pierden.',
  },
}
