/** Made by `scripts/encryption-module.ts`. */
declare module 'virtual:encryption-module' {
  /** In order. `size` in bytes as they are used, `weight` in bytes as they travel. */
  export const parts: readonly { url: string; size: number; weight: number }[]
}
