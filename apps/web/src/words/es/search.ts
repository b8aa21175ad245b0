/** Search on this device. */
export const search = {
  search: {
    title: 'Buscar mensajes',
    placeholder: 'Buscar en mensajes y archivos',
    onlyHere: (count: number) =>
      `Busca solo en lo que este dispositivo ha descifrado (${count === 1 ? '1 mensaje' : `${count} mensajes`}). Nada sale de aquí.`,
    none: 'Sin resultados. Pruebe con otra palabra, o abra el canal y suba para traer mensajes anteriores.',
    start: 'Escriba una palabra: un nombre, un número de partida, un lugar.',
    notFound: 'No se pudo abrir ese mensaje. Revise su conexión y vuelva a intentar.',
  },
}
