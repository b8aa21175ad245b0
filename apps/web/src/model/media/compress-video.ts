/** A clip made smaller on this device, with what the browser has: played once, drawn smaller, recorded anew. */
import { CLIP_KINDS } from '../../lib/clip-kinds.ts'
import { within } from '../../lib/picture-size.ts'
import { whileSeen } from '../../lib/while-seen.ts'

const MOST_SIDE = 854
const FRAMES = 24
const VIDEO_BITS = 900_000
const AUDIO_BITS = 48_000
/** Less is saved than is lost. */
const WORTH = 0.9
const ENDINGS: Readonly<Record<string, string>> = { 'video/mp4': 'mp4', 'video/webm': 'webm' }

/**
 * Takes as long as the clip is. Stands still while nobody looks at the page: browsers draw nothing then.
 *
 * @returns undefined where it would not be smaller, or this browser cannot read it
 * @throws AbortError
 */
export async function compressVideo(
  file: File,
  options: { signal: AbortSignal; onProgress(part: number): void },
): Promise<File | undefined> {
  const { signal, onProgress } = options
  const kind = CLIP_KINDS.find((one) => MediaRecorder.isTypeSupported(one))
  if (!kind) return undefined
  const video = document.createElement('video')
  const url = URL.createObjectURL(file)
  const sound = new AudioContext()
  const stops: (() => void)[] = []
  try {
    video.playsInline = true
    video.src = url
    await happens(video, 'loadeddata', signal)
    if (video.videoWidth === 0) return undefined
    if (!Number.isFinite(video.duration)) {
      // What a browser recorded says its length only to who asks for its end.
      video.currentTime = 1e7
      await happens(video, 'durationchange', signal)
      video.currentTime = 0
      await happens(video, 'seeked', signal)
    }
    const { width, height } = within(video.videoWidth, video.videoHeight, MOST_SIDE)
    const canvas = document.createElement('canvas')
    // Encoders want even sides.
    canvas.width = width - (width % 2)
    canvas.height = height - (height % 2)
    const context = canvas.getContext('2d')
    if (!context) return undefined
    // Heard by the recorder alone.
    const out = sound.createMediaStreamDestination()
    sound.createMediaElementSource(video).connect(out)
    const stream = new MediaStream([
      ...canvas.captureStream(FRAMES).getVideoTracks(),
      ...out.stream.getAudioTracks(),
    ])
    const recorder = new MediaRecorder(stream, {
      mimeType: kind,
      videoBitsPerSecond: VIDEO_BITS,
      audioBitsPerSecond: AUDIO_BITS,
    })
    const parts: Blob[] = []
    recorder.ondataavailable = ({ data }) => void parts.push(data)
    const stopped = new Promise<void>((resolve) => {
      recorder.onstop = () => resolve()
    })
    const draw = () => {
      context.drawImage(video, 0, 0, canvas.width, canvas.height)
      if (Number.isFinite(video.duration)) onProgress(Math.min(1, video.currentTime / video.duration))
    }
    let begun = false
    const drawing = () => {
      const timer = setInterval(draw, 1000 / FRAMES)
      if (recorder.state === 'paused') recorder.resume()
      if (begun) void video.play().catch(() => undefined)
      return () => {
        clearInterval(timer)
        video.pause()
        if (recorder.state === 'recording') recorder.pause()
      }
    }
    stops.push(
      whileSeen(drawing),
      () => recorder.state !== 'inactive' && recorder.stop(),
      () => {
        for (const track of stream.getTracks()) track.stop()
      },
    )
    await sound.resume()
    draw()
    recorder.start(1_000)
    const ended = happens(video, 'ended', signal)
    begun = true
    await video.play()
    await ended
    recorder.stop()
    await stopped
    const type = kind.split(';')[0]!
    const made = new Blob(parts, { type })
    if (made.size === 0 || made.size > file.size * WORTH) return undefined
    const name = `${file.name.replace(/\.[^.]{1,5}$/, '')}.${ENDINGS[type]}`
    return new File([made], name, { type })
  } finally {
    for (const stop of stops) stop()
    video.pause()
    video.removeAttribute('src')
    video.load()
    URL.revokeObjectURL(url)
    void sound.close()
  }
}

function happens(video: HTMLVideoElement, what: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new DOMException('Stopped by the person.', 'AbortError'))
    if (signal.aborted) return abort()
    video.addEventListener(what, () => resolve(), { once: true })
    video.addEventListener('error', () => reject(new Error('This browser cannot read the clip.')), {
      once: true,
    })
    signal.addEventListener('abort', abort, { once: true })
  })
}
