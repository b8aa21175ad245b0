/** Voice, photos, files: before they are sent, and as they are shown. */
export const media = {
  media: {
    voice: {
      record: 'Grabar una nota de voz. Toque, o mantenga presionado y suelte para enviar.',
      asking: 'El navegador le pregunta si permite usar el micrófono.',
      recording: 'Grabando',
      limit: (minutes: number) => (minutes === 1 ? 'Hasta 1 minuto' : `Hasta ${minutes} minutos`),
      full: (minutes: number) => `Llegó a lo máximo (${minutes} min). Puede escucharla y enviarla.`,
      release: 'Suelte para enviar. Deslice hacia el botón de borrar para cancelar.',
      cancel: 'Borrar la grabación',
      stop: 'Terminar y escuchar',
      send: 'Enviar la nota de voz',
      unsent: 'Nota de voz sin enviar. Queda en este dispositivo hasta que la envíe o la borre.',
      unkept: 'Este dispositivo no tiene espacio: si cierra la página, la grabación se pierde.',
      fileName: (at: string, ending: string) => `nota de voz ${at}.${ending}`,
      problem: {
        refused:
          'El navegador no deja usar el micrófono. Toque el candado o el ícono junto a la dirección de esta página, permita el micrófono y vuelva a intentar. En el teléfono también puede estar en Ajustes › Aplicaciones › su navegador › Permisos.',
        none: 'Este dispositivo no tiene micrófono conectado. Conecte unos audífonos con micrófono y vuelva a intentar.',
        busy: 'Otra aplicación está usando el micrófono. Termine la llamada o cierre esa aplicación y vuelva a intentar.',
        unsupported: 'Este navegador no graba sonido. Actualícelo, o escriba el mensaje.',
      },
    },
    player: {
      voice: 'Nota de voz',
      audio: 'Audio',
      play: 'Escuchar',
      pause: 'Pausar',
      position: 'Punto de la grabación',
      at: (now: string, whole: string) => `${now} de ${whole}`,
      rate: (rate: string) => `Velocidad ${rate}`,
      failed: 'No se pudo escuchar. Toque para reintentar.',
      loading: 'Trayendo el sonido…',
      now: (name: string) => `Suena: ${name}`,
      stop: 'Dejar de escuchar',
      save: 'Guardar el audio',
    },
    sheet: {
      title: (count: number) => (count === 1 ? 'Enviar 1 archivo' : `Enviar ${count} archivos`),
      nothingSent: 'Nada ha salido de este dispositivo. Sale cuando toque Enviar.',
      tools: 'Qué hacer con este archivo',
      turn: 'Girar',
      cover: 'Tapar caras',
      coverHint:
        'Marque con el dedo cada cara, o lo que no deba verse. Se borra de la foto antes de enviarla y no se puede recuperar.',
      undo: 'Deshacer lo último',
      straighten: 'Enderezar hoja',
      cornersHint: 'Lleve cada punto a una esquina de la hoja.',
      cornersCrossed: 'Los puntos se cruzan: póngalos alrededor de la hoja.',
      flatten: 'Enderezar y aclarar',
      corner: [
        'Esquina de arriba a la izquierda',
        'Esquina de arriba a la derecha',
        'Esquina de abajo a la derecha',
        'Esquina de abajo a la izquierda',
      ],
      asPdf: (count: number) =>
        count === 1 ? 'Enviar como PDF' : `Enviar las ${count} fotos en un solo PDF`,
      pdfName: (at: string) => `documento ${at}.pdf`,
      whole: 'Enviar el video entero, como está',
      shrink: 'Reducir el video',
      shrinkHint: (size: string) => `Pesa ${size}. Reducirlo tarda lo que dura, con esta página a la vista.`,
      shrinking: (part: string) => `Reduciendo el video: ${part}`,
      shrunk: (before: string, after: string) => `Pesaba ${before}; ahora pesa ${after}.`,
      notShrunk: (size: string) => `No queda más pequeño: se envía como está (${size}).`,
      preparing: 'Preparando…',
      findFaces: 'Buscar caras',
      facesFound: (count: number) =>
        count === 1
          ? 'Se tapó 1 cara. Revise que no falte ninguna.'
          : `Se taparon ${count} caras. Revise que no falte ninguna.`,
      noFaceFinder: 'Este navegador no busca caras: márquelas con el dedo.',
      earlier: 'Mover antes',
      later: 'Mover después',
      remove: 'Quitar de este envío',
      order: 'Archivos, en el orden en que se envían',
      file: (number: number, name: string) => `Archivo ${number}: ${name}`,
      original:
        'Enviar el original como archivo, con todo el detalle y lo que la cámara anotó (lugar, fecha)',
      caption: 'Texto que acompaña (opcional)',
      send: (count: number) => (count === 1 ? 'Enviar' : `Enviar los ${count}`),
      empty: 'No queda nada por enviar.',
      drawing: 'Preparando la vista…',
      tooMany: (most: number) =>
        most === 1 ? 'De una vez va 1 archivo.' : `De una vez van ${most} archivos. Envíe el resto después.`,
      dropHere: 'Suelte aquí los archivos',
      dropHint: 'Podrá verlos antes de enviar.',
    },
    download: {
      fetch: (size: string) =>
        size === '' ? 'Tocar para traer la foto' : `Tocar para traer la foto · ${size}`,
      title: 'Fotos que se traen solas',
      hint: 'Con datos móviles cada foto grande gasta. Las demás se traen al tocarlas.',
      rule: {
        wifi: 'Con Wi-Fi todas; si no, solo las pequeñas',
        always: 'Siempre',
        never: 'Nunca: solo al tocarlas',
      },
    },
    video: {
      open: (name: string, facts: string) => `Ver video: ${name}, ${facts}`,
      fetching: 'Trayendo el video…',
      cannot: 'Este navegador no muestra este video. Puede guardarlo.',
    },
  },
}
