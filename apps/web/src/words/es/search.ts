/** Search on this device. */
export const search = {
  search: {
    title: 'Buscar',
    placeholder: 'Buscar mensajes, archivos, personas, casos…',
    field: 'Buscar en mensajes, archivos, personas, casos y directorio',
    clear: 'Borrar lo escrito',
    shortcut: 'Ctrl + K abre la búsqueda desde cualquier página; las flechas recorren los resultados.',
    onlyHere: (count: number) =>
      `En este dispositivo: ${count === 1 ? '1 texto' : `${count.toLocaleString('es-HN')} textos`}. Lo que busca no sale de aquí.`,
    preparing: 'Preparando la búsqueda…',
    none: 'Sin resultados',
    noneHint:
      'Revise lo escrito, quite filtros o busque más atrás: aquí solo está lo que este dispositivo ha leído.',
    start: 'Escriba un nombre, un número o un lugar',
    startHint:
      'Un DNI o un teléfono se encuentran como estén escritos, con guiones o sin ellos. Los acentos no importan.',
    found: (count: number) => (count === 1 ? '1 resultado' : `${count.toLocaleString('es-HN')} resultados`),
    groupsLabel: 'Qué buscar',
    all: 'Todo',
    groups: {
      messages: 'Mensajes',
      files: 'Archivos',
      people: 'Personas',
      cases: 'Casos',
      directory: 'Directorio',
    },
    seeAll: (count: number, group: string) => `Ver los ${count} · ${group}`,
    more: 'Ver más',
    filters: {
      label: 'Filtros',
      who: 'Quién',
      channel: 'Canal',
      date: 'Fecha',
      documents: 'Con documento',
      clear: 'Quitar filtros',
      remove: (what: string) => `Quitar el filtro: ${what}`,
      findPerson: 'Escriba un nombre',
      nobody: 'Nadie con ese nombre en sus canales.',
      from: 'Desde',
      to: 'Hasta',
      between: (from: string, to: string) => `${from || '…'} a ${to || '…'}`,
      spans: { today: 'Hoy', week: 'Últimos 7 días', month: 'Últimos 30 días', year: 'Este año' },
    },
    inCase: 'En un caso',
    theirMessages: (name: string) => `Mensajes de ${name}`,
    recent: 'Búsquedas recientes',
    forgetRecent: 'Borrar recientes',
    saved: 'Búsquedas guardadas',
    save: 'Guardar esta búsqueda',
    unsave: 'Quitar de las guardadas',
    forgetSaved: (what: string) => `Quitar de las guardadas: ${what}`,
    anything: 'Cualquier texto',
    back: {
      button: 'Buscar más atrás',
      hint: 'Trae mensajes anteriores de sus canales para buscarlos aquí. Gasta datos; puede detenerlo.',
      running: (looked: number) =>
        looked === 0
          ? 'Buscando más atrás…'
          : looked === 1
            ? 'Buscando más atrás: 1 mensaje visto.'
            : `Buscando más atrás:${looked.toLocaleString('es-HN')} mensajes vistos.`,
      stop: 'Detener',
      since: (when: string) => `Ya se buscó hasta ${when}.`,
      done: 'Se buscó hasta el principio de los canales.',
      full: (most: number) =>
        `Este dispositivo guarda hasta ${most.toLocaleString('es-HN')} textos y ya los tiene: lo más antiguo no se busca aquí.`,
      closed: (count: number) =>
        count === 1
          ? '1 mensaje no se pudo abrir en este dispositivo.'
          : `${count.toLocaleString('es-HN')} mensajes no se pudieron abrir en este dispositivo.`,
      failed: 'Se cortó la conexión. Lo encontrado queda; vuelva a intentar.',
    },
    notFound: 'No se pudo abrir ese mensaje. Revise su conexión y vuelva a intentar.',
  },
}
