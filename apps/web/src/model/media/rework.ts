/** What a file can be made into before it is sent: the programs are fetched when somebody first asks for it. */
import { CLIP_KINDS } from '../../lib/clip-kinds.ts'
import type { PictureEdit } from '../../lib/picture-edit.ts'
import type { compressVideo } from './compress-video.ts'
import type { facesIn, picturesToPdf } from './edited-picture.ts'

export const canFindFaces = (): boolean => 'FaceDetector' in globalThis
export const canCompress = (): boolean =>
  typeof MediaRecorder !== 'undefined' && CLIP_KINDS.some((kind) => MediaRecorder.isTypeSupported(kind))

const pictures = () => import('./edited-picture.ts')

export const rework = {
  draw: async (file: File, edit: PictureEdit): Promise<File> =>
    edit.length === 0 ? file : (await pictures()).editedPicture(file, edit),
  toPdf: async (...given: Parameters<typeof picturesToPdf>) => (await pictures()).picturesToPdf(...given),
  faces: async (...given: Parameters<typeof facesIn>) => (await pictures()).facesIn(...given),
  compress: async (...given: Parameters<typeof compressVideo>) =>
    (await import('./compress-video.ts')).compressVideo(...given),
}
