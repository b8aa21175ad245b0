/** A picture as it is after what was done to it. What was there is not in it any more, nor anything the camera noted. */
import {
  type EditStep,
  fieldsOf,
  flatSize,
  flatten,
  type PictureEdit,
  whiten,
} from '../../lib/picture-edit.ts'
import { legible } from '../../lib/picture-size.ts'

/** @throws where this browser cannot read it */
export async function editedPicture(file: File, edit: PictureEdit): Promise<File> {
  if (edit.length === 0) return file
  const bitmap = await createImageBitmap(file)
  try {
    const size = legible(bitmap.width, bitmap.height)
    const png = file.type === 'image/png'
    let canvas = canvasOf(size.width, size.height)
    const context = drawing(canvas)
    if (!png) {
      context.fillStyle = '#fff'
      context.fillRect(0, 0, canvas.width, canvas.height)
    }
    context.drawImage(bitmap, 0, 0, size.width, size.height)
    for (const step of edit) canvas = after(canvas, step)
    const type = png ? 'image/png' : 'image/jpeg'
    const blob = await written(canvas, type)
    const name = png ? file.name : file.name.replace(/\.(?:webp|jpe?g)$/i, '.jpg')
    return new File([blob], name, { type })
  } finally {
    bitmap.close()
  }
}

function after(canvas: HTMLCanvasElement, step: EditStep): HTMLCanvasElement {
  switch (step.kind) {
    case 'turn':
      return turnedRight(canvas)
    case 'cover':
      return covered(canvas, step.area)
    case 'straighten':
      return straightened(canvas, step.corners)
    case 'whiten':
      return whitened(canvas)
  }
}

function turnedRight(from: HTMLCanvasElement): HTMLCanvasElement {
  const canvas = canvasOf(from.height, from.width)
  const context = drawing(canvas)
  context.translate(canvas.width, 0)
  context.rotate(Math.PI / 2)
  context.drawImage(from, 0, 0)
  return canvas
}

function covered(canvas: HTMLCanvasElement, area: { x: number; y: number; width: number; height: number }) {
  const context = drawing(canvas)
  const x = Math.floor(area.x * canvas.width)
  const y = Math.floor(area.y * canvas.height)
  const width = Math.max(1, Math.ceil(area.width * canvas.width))
  const height = Math.max(1, Math.ceil(area.height * canvas.height))
  const { across, down } = fieldsOf(width, height)
  const few = canvasOf(across, down)
  const small = drawing(few)
  small.imageSmoothingQuality = 'high'
  small.drawImage(canvas, x, y, width, height, 0, 0, across, down)
  context.imageSmoothingEnabled = false
  context.drawImage(few, 0, 0, across, down, x, y, width, height)
  return canvas
}

function straightened(from: HTMLCanvasElement, corners: Parameters<typeof flatten>[0]): HTMLCanvasElement {
  const flat = flatSize(corners, from.width, from.height)
  const { width, height } = legible(flat.width, flat.height)
  const source = drawing(from).getImageData(0, 0, from.width, from.height)
  const canvas = canvasOf(width, height)
  const context = drawing(canvas)
  const target = context.createImageData(width, height)
  const place = flatten(corners)
  const [lastX, lastY] = [from.width - 1, from.height - 1]
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const point = place((column + 0.5) / width, (row + 0.5) / height)
      const x = Math.min(lastX, Math.max(0, point.x * from.width - 0.5))
      const y = Math.min(lastY, Math.max(0, point.y * from.height - 0.5))
      const [left, top] = [Math.floor(x), Math.floor(y)]
      const [right, below] = [Math.min(lastX, left + 1), Math.min(lastY, top + 1)]
      const [across, down] = [x - left, y - top]
      for (let channel = 0; channel < 4; channel += 1) {
        const value = (column: number, row: number) => source.data[(row * from.width + column) * 4 + channel]!
        const upper = value(left, top) * (1 - across) + value(right, top) * across
        const lower = value(left, below) * (1 - across) + value(right, below) * across
        target.data[(row * width + column) * 4 + channel] = upper * (1 - down) + lower * down
      }
    }
  }
  context.putImageData(target, 0, 0)
  return canvas
}

/** Of so many pixels one says how bright the paper is: wider than a line of writing. */
const COARSE = 28

function whitened(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const { width, height } = canvas
  const cells = canvasOf(Math.max(2, Math.round(width / COARSE)), Math.max(2, Math.round(height / COARSE)))
  const coarse = drawing(cells)
  coarse.imageSmoothingQuality = 'high'
  coarse.drawImage(canvas, 0, 0, cells.width, cells.height)
  // The brightest of its neighbours is the paper beside the writing.
  const seen = coarse.getImageData(0, 0, cells.width, cells.height)
  const brightest = coarse.createImageData(cells.width, cells.height)
  for (let row = 0; row < cells.height; row += 1)
    for (let column = 0; column < cells.width; column += 1)
      for (let channel = 0; channel < 4; channel += 1) {
        let most = 0
        for (let y = Math.max(0, row - 1); y <= Math.min(cells.height - 1, row + 1); y += 1)
          for (let x = Math.max(0, column - 1); x <= Math.min(cells.width - 1, column + 1); x += 1)
            most = Math.max(most, seen.data[(y * cells.width + x) * 4 + channel]!)
        brightest.data[(row * cells.width + column) * 4 + channel] = most
      }
  coarse.putImageData(brightest, 0, 0)
  const paper = canvasOf(width, height)
  const smooth = drawing(paper)
  smooth.imageSmoothingQuality = 'high'
  smooth.drawImage(cells, 0, 0, width, height)
  const context = drawing(canvas)
  const picture = context.getImageData(0, 0, width, height)
  whiten(picture.data, smooth.getImageData(0, 0, width, height).data)
  context.putImageData(picture, 0, 0)
  return canvas
}

/** Pages of one PDF, each as large as its sheet. The library is fetched when the first one is made. */
export async function picturesToPdf(pictures: readonly Blob[], title: string): Promise<Blob> {
  const [{ default: pdfmake }, { default: fonts }] = await Promise.all([
    import('pdfmake/build/pdfmake'),
    import('pdfmake/build/vfs_fonts'),
  ])
  pdfmake.addVirtualFileSystem(fonts)
  const pages = []
  for (const picture of pictures) pages.push(await asJpeg(picture))
  return pdfmake
    .createPdf({
      pageSize: 'LETTER',
      pageMargins: [18, 18, 18, 18],
      info: { title, creator: 'Enlace' },
      content: pages.map((image, at) => ({
        image,
        fit: [576, 748],
        alignment: 'center' as const,
        ...(at > 0 ? { pageBreak: 'before' as const } : {}),
      })),
    })
    .getBlob()
}

async function asJpeg(picture: Blob): Promise<string> {
  const bitmap = await createImageBitmap(picture)
  try {
    const { width, height } = legible(bitmap.width, bitmap.height)
    const canvas = canvasOf(width, height)
    const context = drawing(canvas)
    context.fillStyle = '#fff'
    context.fillRect(0, 0, width, height)
    context.drawImage(bitmap, 0, 0, width, height)
    return canvas.toDataURL('image/jpeg', 0.85)
  } finally {
    bitmap.close()
  }
}

const written = (canvas: HTMLCanvasElement, type: string) =>
  new Promise<Blob>((resolve, reject) =>
    canvas.toBlob(
      (made) => (made ? resolve(made) : reject(new Error('The picture could not be written.'))),
      type,
      0.92,
    ),
  )

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  return canvas
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
