/** What the shared components and the frame of the pages say. */
export const look = {
  choice: {
    choose: 'Elija',
    search: 'Escriba para buscar',
    none: 'Nada coincide con lo escrito.',
  },
  rail: {
    label: 'Partes de Enlace',
    duty: 'Turnos',
    institution: 'Oficina',
  },
}
