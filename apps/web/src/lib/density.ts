import { createStore } from './store.ts'

/** How close things stand on a desk: of this device, and of no interest to anybody else. */
export const densities = ['comfortable', 'compact'] as const
export type Density = (typeof densities)[number]

const KEY = 'enlace.density'

const kept = typeof localStorage === 'undefined' ? null : localStorage.getItem(KEY)
export const density = createStore<Density>(densities.find((one) => one === kept) ?? 'comfortable')

if (typeof document !== 'undefined') document.documentElement.dataset['density'] = density.get()

export function chooseDensity(chosen: Density): void {
  localStorage.setItem(KEY, chosen)
  document.documentElement.dataset['density'] = chosen
  density.set(chosen)
}
