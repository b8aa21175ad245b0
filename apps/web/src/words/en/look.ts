import type { look as spanish } from '../es/look.ts'

export const look: typeof spanish = {
  choice: {
    choose: 'Choose',
    search: 'Type to search',
    none: 'Nothing matches what was typed.',
  },
  rail: {
    label: 'Parts of Enlace',
    duty: 'Duty',
    directory: 'Directory',
    overdue: 'To be verified',
    measures: 'Measures',
    meetings: 'Meetings',
    institution: 'Office',
    first: {
      directory: 'Find who helps',
      duty: 'See who is on duty',
      board: 'See the cases',
    },
  },
  look: {
    title: 'Language and look',
    density: 'Space on large screens',
    densities: {
      comfortable: { label: 'Comfortable', hint: 'More room between the lines.' },
      compact: { label: 'Compact', hint: 'More channels and messages at a time.' },
    },
  },
}
