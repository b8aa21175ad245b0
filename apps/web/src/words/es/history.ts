/** What was written before a device could read it, and who opens it. */
export const history = {
  history: {
    closed: (count: number) =>
      count === 1
        ? 'Un mensaje anterior que este dispositivo todavía no puede abrir'
        : `${count} mensajes anteriores que este dispositivo todavía no puede abrir`,
    ownCan: (names: string, more: number) =>
      more > 0
        ? `Pueden abrirle esto colegas de su institución: ${names} y ${more} más.`
        : `Pueden abrirle esto colegas de su institución: ${names}.`,
    othersCan: (count: number) =>
      count === 1
        ? 'Puede abrirle esto una persona de otra institución de este canal, si lo acepta.'
        : `Pueden abrirle esto ${count} personas de otras instituciones de este canal, si alguna lo acepta.`,
    nobodyCan: 'Nadie más en este canal lo puede abrir.',
    notShared:
      'En este canal no se comparte lo escrito antes de que alguien llegue. Pida a quien lo escribió que se lo envíe otra vez.',
    ask: 'Pedir a mis colegas',
    askOthers: 'Pedir a otras instituciones',
    again: 'Pedir otra vez',
    asking: 'Pidiendo…',
    asked: (people: number, when: string) =>
      people === 1
        ? `Se pidió a una persona, ${when}. Se abrirá aquí en cuanto su dispositivo esté en línea.`
        : `Se pidió a ${people} personas, ${when}. Se abrirá aquí en cuanto uno de sus dispositivos esté en línea.`,
    askedOthers: (people: number, when: string) =>
      people === 1
        ? `Se pidió a una persona, ${when}. Se abrirá aquí cuando lo acepte.`
        : `Se pidió a ${people} personas, ${when}. Se abrirá aquí cuando una de ellas lo acepte.`,
    declined: 'Por ahora no se lo dieron. Puede llamar a alguna de esas personas y pedir otra vez.',
    came: 'Un colega ya compartió lo que tenía; esto no estaba.',
    nobody: 'Nadie de su institución tiene un dispositivo que pueda responder.',
    someoneAsks: (name: string, channel: string) =>
      `${name} pide leer lo escrito antes en ${channel}. Ya es parte de este canal.`,
    sure: 'Dé acceso solo si sabe quién es. Si tiene duda, llame antes.',
    give: 'Dar acceso',
    notNow: 'Ahora no',
    gave: 'Listo: lo anterior irá en camino, cifrado, a sus dispositivos confirmados.',
    gaveNothing: 'Este dispositivo no tiene mensajes anteriores que compartir.',
    tooLarge: 'Es demasiado para enviarlo de una vez. Comparta desde aquí lo que haga falta.',
    later: 'No se puede en este momento: no está claro quién pide, o acaba de recibirlo.',
    inviteShares: 'También podrá leer lo que se escribió antes en este canal.',
    inviteSharesNot: 'No podrá leer lo que se escribió antes: así lo dice este canal.',
    withInvitation: {
      given: 'Lo escrito antes va en camino, cifrado, a sus dispositivos confirmados.',
      nothing: 'Lo escrito antes le llegará cuando tenga un dispositivo confirmado.',
      too_large: 'Lo escrito antes es demasiado para enviarlo de una vez: compártale lo que haga falta.',
      not_now: 'Lo escrito antes no se compartió: todavía no está claro, por la lista firmada, quién es.',
      failed: 'Lo escrito antes no se pudo compartir ahora: su dispositivo lo pedirá al entrar.',
    },
  },
}
