/** A picture as it is after turning and covering. What was there is not in it any more, nor anything the camera noted. */
import { fieldsOf, isEdited, type PictureEdit } from '../../lib/picture-edit.ts'
import { legible } from '../../lib/picture-size.ts'

/** @throws where this browser cannot read it */
export async function editedPicture(file: File, edit: PictureEdit): Promise<File> {
  if (!isEdited(edit)) return file
  const bitmap = await createImageBitmap(file)
  try {
    const size = legible(bitmap.width, bitmap.height)
    const aside = edit.turns % 2 === 1
    const canvas = document.createElement('canvas')
    canvas.width = aside ? size.height : size.width
    canvas.height = aside ? size.width : size.height
    const context = drawing(canvas)
    const png = file.type === 'image/png'
    if (!png) {
      context.fillStyle = '#fff'
      context.fillRect(0, 0, canvas.width, canvas.height)
    }
    context.save()
    context.translate(canvas.width / 2, canvas.height / 2)
    context.rotate((edit.turns * Math.PI) / 2)
    context.drawImage(bitmap, -size.width / 2, -size.height / 2, size.width, size.height)
    context.restore()
    for (const area of edit.covered) {
      const x = Math.floor(area.x * canvas.width)
      const y = Math.floor(area.y * canvas.height)
      const width = Math.max(1, Math.ceil(area.width * canvas.width))
      const height = Math.max(1, Math.ceil(area.height * canvas.height))
      const { across, down } = fieldsOf(width, height)
      const few = document.createElement('canvas')
      few.width = across
      few.height = down
      const small = drawing(few)
      small.imageSmoothingQuality = 'high'
      small.drawImage(canvas, x, y, width, height, 0, 0, across, down)
      context.imageSmoothingEnabled = false
      context.drawImage(few, 0, 0, across, down, x, y, width, height)
      context.imageSmoothingEnabled = true
    }
    const type = png ? 'image/png' : 'image/jpeg'
    const blob = await new Promise<Blob>((resolve, reject) =>
      canvas.toBlob(
        (made) => (made ? resolve(made) : reject(new Error('The picture could not be written.'))),
        type,
        0.92,
      ),
    )
    const name = png ? file.name : file.name.replace(/\.(?:webp|png|jpe?g)$/i, '.jpg')
    return new File([blob], name, { type })
  } finally {
    bitmap.close()
  }
}

function drawing(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  if (!context) throw new Error('This browser cannot draw pictures.')
  return context
}

type Found = { boundingBox: { x: number; y: number; width: number; height: number } }
type Detector = { detect(image: ImageBitmap): Promise<Found[]> }
const made = (): Detector | undefined => {
  const { FaceDetector } = globalThis as unknown as { FaceDetector?: new () => Detector }
  return FaceDetector ? new FaceDetector() : undefined
}

export const canFindFaces = (): boolean => 'FaceDetector' in globalThis

/** Faces as this browser finds them, on the device. The person looks at them: it finds neither all nor only faces. */
export async function facesIn(
  picture: Blob,
): Promise<{ x: number; y: number; width: number; height: number }[]> {
  const bitmap = await createImageBitmap(picture)
  try {
    const found = (await made()?.detect(bitmap)) ?? []
    return found.map(({ boundingBox: { x, y, width, height } }) => ({
      x: x / bitmap.width,
      y: y / bitmap.height,
      width: width / bitmap.width,
      height: height / bitmap.height,
    }))
  } finally {
    bitmap.close()
  }
}
