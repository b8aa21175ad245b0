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
    directory: 'Directorio',
    overdue: 'Por verificar',
    measures: 'Medidas',
    meetings: 'Reuniones',
    institution: 'Oficina',
    first: {
      directory: 'Buscar quién atiende',
      duty: 'Ver quién está de turno',
      board: 'Ver los casos',
    },
  },
  look: {
    title: 'Idioma y aspecto',
    density: 'Espacio en pantallas grandes',
    densities: {
      comfortable: { label: 'Cómodo', hint: 'Más aire entre las líneas.' },
      compact: { label: 'Compacto', hint: 'Más canales y mensajes a la vista.' },
    },
  },
}
