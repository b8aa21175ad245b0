const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`

/** Cases and one's own data as a package for a court, for the person, or for somebody else. */
export const exports = {
  exports: {
    open: 'Exportar para un juzgado o para la persona…',
    title: 'Exportar el caso',
    intro:
      'Se hace un archivo ZIP en este dispositivo: un documento para leer e imprimir, y los registros firmados, que cualquiera puede comprobar sin Enlace.',
    recorded:
      'Queda anotado quién exportó, para quién y cuándo: en el registro de actividad de su servidor y en el caso, donde lo ven las demás instituciones.',
    purpose: '¿Para quién es?',
    recipient: 'Destinatario',
    recipientHint: 'Por ejemplo: el juzgado y el número de oficio. Lo ven las personas del canal.',
    withhold: 'Reservar',
    withholdHint:
      'Lo reservado no va en el archivo. Se dice qué se reservó; los mensajes cifrados quedan en la lista, sin su texto.',
    withholdNames: {
      notes: 'Las notas que escribió el personal',
      documents: 'Los documentos adjuntos',
      others: 'Lo que la ficha dice de la familia y de otras personas',
    },
    othersHint: 'Las notas y los documentos también pueden nombrar a otras personas: resérvelos aparte.',
    samePerson: 'Otros casos que parecen de la misma persona',
    samePersonHint: 'Según las fichas que este dispositivo abrió. Marque los que van en el mismo archivo.',
    submit: 'Exportar',
    working: 'Haciendo el archivo…',
    stages: {
      events: (done: number, _total: number) => `Registros: ${done}`,
      files: (done: number, total: number) => `Adjuntos: ${done} de ${total}`,
      proofs: (_done: number, _total: number) => 'Firmas, claves y listas de las instituciones',
      record: (_done: number, _total: number) => 'Anotando la exportación en el caso',
    },
    stop: 'Cancelar la exportación',
    done: 'El archivo está listo',
    save: 'Guardar el archivo',
    signedByInstitution: 'Lo firman su institución, con su clave, y su servidor.',
    signedByServer:
      'Lo firma su servidor. La clave de la institución no está en este dispositivo; con ella («Mi institución») firmaría también la institución.',
    unreadable: (count: number) =>
      `${counted(count, 'mensaje', 'mensajes')} que este dispositivo no pudo abrir: van cifrados.`,
    lost: (count: number) => `${counted(count, 'adjunto', 'adjuntos')} que ningún servidor tiene ya.`,
    verify: 'Para comprobarlo sin red: npm run enlace -- exports verify ARCHIVO.zip',
    tooMuch:
      'El archivo sería demasiado grande para este dispositivo. Reserve los documentos adjuntos, o exporte menos casos.',
    stopped: 'La exportación se canceló. En el registro de actividad queda que se empezó.',
    history: 'Exportaciones',
    line: (purpose: string, recipient: string) => (recipient === '' ? purpose : `${purpose}: ${recipient}`),
    lineWithheld: (what: string) => `Reservado: ${what}`,
    lineSigned: { institution: 'Firmó la institución', server: 'Firmó el servidor' },
    own: {
      title: 'Mis datos',
      hint: 'Todo lo que su servidor guarda de su cuenta, y los mensajes suyos que este dispositivo tiene abiertos, en un archivo. Es solo para usted.',
      open: 'Exportar mis datos',
      confirm: 'Exportar mis datos',
    },
    erasure: {
      title: 'Sobre el derecho a que se borren',
      points: [
        'Puede pedir a la coordinación de su institución que corrija o borre lo que se guarda de usted.',
        'Los casos se borran por sí mismos cuando termina su plazo, en todos los servidores, con un recibo firmado. La página «Conservación y borrado» dice cuándo.',
        'Una retención legal de dos instituciones detiene ese borrado mientras dure.',
        'Lo que ya se entregó en un archivo no lo puede borrar nadie desde aquí.',
      ],
    },
    document: {
      title: 'Expediente exportado',
      made: (when: string, by: string, institution: string) =>
        `Exportado el ${when} por ${by}${institution === '' ? '' : `, de ${institution}`}.`,
      purpose: (purpose: string, recipient: string) =>
        `Destinatario: ${purpose}${recipient === '' ? '' : `, ${recipient}`}.`,
      number: (id: string) => `Número de exportación: ${id}.`,
      times: 'Las horas son las de Honduras y Guatemala, que es la misma (UTC−6).',
      withheld: (what: string) =>
        `Se reservó: ${what}. Los mensajes cifrados correspondientes están en la lista, sin su texto.`,
      nothingWithheld: 'No se reservó nada de lo que quien exporta puede ver.',
      unreadable: (count: number) =>
        `${counted(count, 'mensaje', 'mensajes')} que el dispositivo no pudo abrir: van cifrados.`,
      lost: (count: number) => `${counted(count, 'adjunto', 'adjuntos')} que ningún servidor tenía ya.`,
      provenTitle: 'Qué prueba este paquete',
      proven: [
        'Quién envió cada registro, cuándo según su servidor, y en qué caso: cada uno lleva la firma de ese servidor y su propia huella.',
        'A qué institución pertenecía cada persona, según la lista que firmó esa institución.',
        'Que nada se agregó, se quitó ni se cambió desde que se exportó, y quién lo exportó.',
        'Los textos los declara quien exporta: el mensaje cifrado está probado, pero que diga ese texto no se puede comprobar sin su clave, que no se entrega porque abriría otros mensajes. Otra institución del canal puede leer el mismo registro en su dispositivo.',
        'Se comprueba sin red con el programa de Enlace: npm run enlace -- exports verify ARCHIVO.zip',
      ],
      measures: 'Medidas',
      after: (minutes: number) =>
        minutes < 120
          ? `a los ${counted(minutes, 'minuto', 'minutos')}`
          : `a las ${counted(Math.round(minutes / 60), 'hora', 'horas')}`,
      receipts: 'Acuses de recibo',
      receipt: (onDevice: number, read: number) =>
        `en el dispositivo de ${counted(onDevice, 'persona', 'personas')}, leído por ${read}`,
      noReceipts: 'Este servidor no guarda acuses de estos registros.',
    },
    ownDocument: {
      title: 'Mis datos en Enlace',
      made: (when: string, user: string) => `Exportado el ${when} por ${user}, para sí.`,
      account: (count: number) =>
        `account.jsonl: ${counted(count, 'anotación', 'anotaciones')} de su servidor sobre la cuenta: perfil, sesiones, lugar, canales, avisos y actividad.`,
      messages: (count: number) =>
        `messages.json: ${counted(count, 'mensaje suyo', 'mensajes suyos')} que este dispositivo tiene abiertos.`,
      limitsTitle: 'Qué no está aquí',
      limits: [
        'Los mensajes más antiguos que este dispositivo no tiene cargados: están cifrados en el servidor, que no los puede leer.',
        'Contraseñas, códigos y claves.',
        'Lo que sus colegas guardan en sus propios dispositivos.',
      ],
    },
  },
}
