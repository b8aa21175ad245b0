import type { directory as spanish } from '../es/directory.ts'

export const directory: typeof spanish = {
  directory: {
    nav: 'Directory',
    title: 'Directory',
    hint: 'Who gives which service, where and when.',
  },
}
