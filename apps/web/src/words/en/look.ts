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
    institution: 'Office',
  },
}
