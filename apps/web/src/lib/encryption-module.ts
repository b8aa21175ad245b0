import { parts } from 'virtual:encryption-module'
import { createPartsLoader } from './parts-loader.ts'

const loader = createPartsLoader(parts, 'enlace-encryption', 'application/wasm')

export const moduleProgress = loader.progress
/** Ask as early as it is clear that it will be needed. @throws as `PartsLoader.load` */
export const loadEncryptionModule = loader.load
