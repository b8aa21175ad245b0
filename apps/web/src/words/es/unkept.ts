/** What is not kept here: a full device, a page that was never fetched. */
export const unkept = {
  deviceFull: {
    title: 'Este dispositivo no tiene espacio.',
    hint: 'Lo que llega se ve mientras Enlace está abierto, pero no queda guardado aquí. Borre archivos o aplicaciones que no use.',
  },
  notHere: {
    title: 'Esta página todavía no está guardada en este dispositivo',
    hint: 'Se descarga la primera vez que se abre, y ahora no hay conexión. Se abre sola en cuanto vuelva. Lo demás de Enlace sigue funcionando.',
  },
}
