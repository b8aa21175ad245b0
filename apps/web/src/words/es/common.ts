/** What every page says. */
export const common = {
  tagline: 'Mensajería segura entre instituciones de Honduras y Guatemala',
  close: 'Cerrar',
  cancel: 'Cancelar',
  back: 'Volver',
  retry: 'Reintentar',
  copy: 'Copiar',
  copied: 'Copiado',
  passwordWrong: 'La contraseña no es correcta. Revísela y vuelva a intentar.',
  loading: 'Cargando…',
  you: 'Usted',
  languageSwitch: 'English',
  languageSwitchLabel: 'Switch to English',
  failure: {
    offline: 'No hay conexión. Revise su internet y vuelva a intentar.',
    cancelled: 'Se canceló.',
    too_many: (seconds: number) =>
      `El servidor está ocupado. Espere ${seconds === 1 ? '1 segundo' : `${seconds} segundos`} y vuelva a intentar.`,
    too_large: 'Es demasiado grande para el servidor. Envíe algo más pequeño.',
    storage_full:
      'Este dispositivo no tiene espacio para guardarlo. Lo escrito sigue aquí: libere espacio o envíelo sin guardarlo.',
    refused: 'El servidor no lo permite. Consulte a la coordinación del canal.',
    held: {
      not_encrypted: 'No se envió: esta sala no está cifrada. Use un canal de la red.',
      not_channel: 'No se envió: los casos van solo en los canales de la red, y esta sala no es uno.',
      unvouched: 'En pausa: su servidor no responde por alguien de este canal. Vea el aviso del canal.',
      identity: 'En pausa: cambió la identidad de alguien de este canal. Vea el aviso del canal.',
    },
    server: 'El servidor tuvo un problema. Espere un momento y vuelva a intentar.',
    contact: (who: string) => `Consulte a: ${who}`,
  },
  errors: {
    boundary: 'Algo falló en esta pantalla',
    boundaryHint: 'Sus mensajes están a salvo. Recargue para continuar.',
    reload: 'Recargar',
    notFound: 'Esta página no existe',
    notFoundHint: 'El enlace puede estar incompleto.',
    toChannels: 'Ir a los canales',
  },
  countries: { HN: 'Honduras', GT: 'Guatemala', SV: 'El Salvador', MX: 'México', NI: 'Nicaragua' } as Record<
    string,
    string
  >,
}
