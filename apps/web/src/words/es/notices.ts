/** Notices about messages, channel by channel. */
export const notices = {
  notices: {
    level: 'De qué se avisa',
    levels: { all: 'Todos los mensajes', mentions: 'Solo si me mencionan', urgent: 'Solo lo urgente' },
    levelHint: {
      all: 'Según sus horas de silencio, que se eligen en Ajustes.',
      mentions:
        'Los servidores no leen los mensajes: con Enlace abierto se avisa solo si le mencionan; con Enlace cerrado, a lo más una vez por hora y sin sonido, que hay mensajes nuevos.',
      urgent: 'Ningún mensaje avisa. Los llamados urgentes suenan siempre.',
    },
  },
}
