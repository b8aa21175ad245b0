/** Made by `scripts/encryption-module.ts`. */
declare module 'virtual:encryption-module' {
  export const parts: readonly import('./lib/parts-loader.ts').Part[]
}
