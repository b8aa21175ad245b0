/** A voice, as the browser records it: Opus, small enough for the slowest network, and how loud it is meanwhile. */
import type { LiveRecording, MicrophoneProblem } from './types.ts'

/** Firefox records Ogg, Chromium WebM, Safari MP4; each plays all three. */
const TYPES = ['audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/mp4;codecs=opus', 'audio/mp4']
/** A telephone's quality: a minute is 180 kB. */
const BITS_PER_SECOND = 24_000
/** A part of it is on disk this soon. */
const PART_MS = 1_000
export const LEVEL_MS = 100

export class MicrophoneError extends Error {
  readonly problem: MicrophoneProblem
  constructor(problem: MicrophoneProblem) {
    super(`The microphone cannot be used: ${problem}.`)
    this.name = 'MicrophoneError'
    this.problem = problem
  }
}

/**
 * @param on.part what was recorded since the part before, with its levels (0..1, one per `LEVEL_MS`)
 * @param on.ended somebody else took the microphone, or it was pulled out
 * @throws MicrophoneError
 */
export async function record(on: {
  level(level: number): void
  part(blob: Blob, levels: readonly number[]): void
  ended(): void
}): Promise<LiveRecording> {
  if (typeof MediaRecorder === 'undefined' || !navigator.mediaDevices?.getUserMedia)
    throw new MicrophoneError('unsupported')
  const mimetype = TYPES.find((type) => MediaRecorder.isTypeSupported(type))
  if (!mimetype) throw new MicrophoneError('unsupported')
  let stream: MediaStream
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    })
  } catch (error) {
    throw new MicrophoneError(problemOf(error))
  }
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 2048
  context.createMediaStreamSource(stream).connect(analyser)
  void context.resume().catch(() => undefined)
  const samples = new Float32Array(analyser.fftSize)
  const started = performance.now()
  let measured = 0
  let waiting: number[] = []
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    let sum = 0
    for (const sample of samples) sum += sample * sample
    const level = Math.min(1, Math.sqrt(sum / samples.length) * 3)
    // In the background timers come seldom: a level stands for all the time since the last.
    const due = Math.floor((performance.now() - started) / LEVEL_MS)
    for (; measured < due; measured += 1) waiting.push(level)
    on.level(level)
  }, LEVEL_MS)

  const recorder = new MediaRecorder(stream, { mimeType: mimetype, audioBitsPerSecond: BITS_PER_SECOND })
  const letGo = () => {
    clearInterval(timer)
    for (const track of stream.getTracks()) track.stop()
    void context.close().catch(() => undefined)
  }
  let asked = false
  const over = new Promise<void>((resolve) => {
    recorder.ondataavailable = ({ data }) => {
      if (data.size === 0) return
      on.part(data, waiting)
      waiting = []
    }
    recorder.onstop = () => {
      letGo()
      resolve()
      if (!asked) on.ended()
    }
  })
  recorder.start(PART_MS)
  return {
    mimetype,
    async stop() {
      asked = true
      if (recorder.state !== 'inactive') recorder.stop()
      await over
    },
  }
}

function problemOf(error: unknown): MicrophoneProblem {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'none'
  return 'busy'
}
