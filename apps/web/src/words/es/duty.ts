/** The duty roster. */
export const duty = {
  duty: {
    title: 'Turnos de guardia',
    open: 'Ver turnos de guardia',
    hint: 'A quién se llama cuando un caso urgente le toca a su institución. Quien está de turno en el momento del llamado lo recibe primero.',
    now: (names: string) => `De turno ahora: ${names}`,
    nobody: 'Ahora nadie está de turno: se llama a todas las personas de su institución que correspondan.',
    onlyHere: (names: string) =>
      `Sin aviso fuera de Enlace: ${names}. Si no tienen Enlace abierto, un llamado urgente no les llega. Pídales que en Ajustes, Avisos urgentes, activen las notificaciones o confirmen un correo o un teléfono.`,
    person: 'Persona',
    weekly: 'Cada semana',
    noWeekly: 'Aún no hay turnos semanales.',
    weekdays: 'Días de la semana',
    days: ['L', 'M', 'X', 'J', 'V', 'S', 'D'],
    from: 'Desde',
    to: 'Hasta',
    remove: 'Quitar turno',
    addWeekly: 'Agregar turno semanal',
    shifts: 'Fechas especiales',
    shiftsHint:
      'Valen en lugar de los turnos semanales: feriados, relevos, ausencias. Hora de Honduras y Guatemala.',
    addShift: 'Agregar fecha',
    wrong:
      'Revise los turnos: cada uno necesita al menos un día y debe terminar después de empezar (31 días como máximo).',
    changed: (name: string, when: string) => `Guardado por ${name}, ${when}.`,
    readOnly: 'Los cambian la coordinación y los oficiales de su institución.',
    unavailable: 'Este servidor no lleva turnos',
    unavailableHint: 'Consulte a quien lo administra.',
  },
}
