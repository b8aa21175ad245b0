/** How far what was sent has come. */
export const delivery = {
  delivery: {
    title: 'Entrega',
    sent: 'Enviado',
    acceptedBy: (who: string) => `Aceptado por el servidor de ${who}`,
    acceptedByAll: (servers: number) => `Aceptado por ${servers} servidores`,
    accepted: 'En su servidor',
    onDevice: 'En un dispositivo',
    onDeviceOf: (some: number, all: number) => `En un dispositivo: ${some} de ${all} instituciones`,
    read: 'Leído',
    readOf: (some: number, all: number) => `Leído en ${some} de ${all} instituciones`,
    undelivered: 'No entregado',
    unreachable: (since: string, who: string) =>
      `No entregado desde ${since}: el servidor de ${who} no responde. Se enviará solo en cuanto vuelva.`,
    notOnList: (since: string, who: string) =>
      `No entregado desde ${since}: el servidor de ${who} no está habilitado en la lista de la red. Se enviará solo si lo habilitan de nuevo.`,
    andMore: (name: string, more: number) => `${name} y ${more} más`,
    and: (names: string, last: string) => `${names} y ${last}`,
    sentAt: (time: string) => `Enviado ${time}`,
    yours: 'Su institución',
    unnamed: (server: string) => `Otras personas en ${server}`,
    server: {
      here: 'Está en su servidor',
      accepted: (time: string) => `Aceptado por su servidor ${time}`,
      acceptedSometime: 'Aceptado por su servidor',
      waiting: 'En camino a su servidor',
      unreachable: (time: string) => `Su servidor no responde desde ${time}`,
      not_on_list: 'Su servidor no está habilitado en la red',
      unknown: 'Solo lo sabe el servidor de quien lo envió',
    },
    devices: (some: number, all: number) =>
      `En un dispositivo: ${some} de ${all} ${all === 1 ? 'persona' : 'personas'}`,
    reads: (some: number, all: number) => `Leído: ${some} de ${all} ${all === 1 ? 'persona' : 'personas'}`,
    atLatest: (time: string) => `a más tardar ${time}`,
    nobody: 'Nadie más está en este canal.',
    unavailable: 'No se pudo consultar la entrega. Revise su conexión y vuelva a intentar.',
  },
}
