/** What a clip looks like before it is fetched: its first picture, its shape and its length, read on this device. */
import { within } from '../../lib/picture-size.ts'
import type { VideoFacts } from './types.ts'

const POSTER_SIDE = 640
/** A browser that cannot read a clip may never say so. */
const PATIENCE_MS = 8_000

/** @returns undefined where this browser cannot read it: it is then a file like any other */
export async function videoFacts(file: Blob): Promise<VideoFacts | undefined> {
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.preload = 'auto'
  const url = URL.createObjectURL(file)
  try {
    const ready = happens(video, 'loadeddata')
    video.src = url
    if (!(await ready) || video.videoWidth === 0) return undefined
    if (!Number.isFinite(video.duration)) {
      // What a browser recorded says its length only to who asks for its end.
      const known = happens(video, 'durationchange')
      video.currentTime = 1e7
      await known
    }
    const seconds = Number.isFinite(video.duration) ? video.duration : 0
    // Often black at the very beginning.
    const there = happens(video, 'seeked')
    video.currentTime = Math.min(0.5, seconds / 2)
    await there
    const { width, height } = within(video.videoWidth, video.videoHeight, POSTER_SIDE)
    const canvas = document.createElement('canvas')
    canvas.width = width
    canvas.height = height
    canvas.getContext('2d')?.drawImage(video, 0, 0, width, height)
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.8))
    return {
      width: video.videoWidth,
      height: video.videoHeight,
      durationMs: Math.round(seconds * 1000),
      ...(blob ? { poster: { blob, width, height } } : {}),
    }
  } finally {
    video.removeAttribute('src')
    video.load()
    URL.revokeObjectURL(url)
  }
}

const happens = (video: HTMLVideoElement, what: string) =>
  new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE_MS)
    const done = (well: boolean) => () => {
      clearTimeout(timer)
      resolve(well)
    }
    video.addEventListener(what, done(true), { once: true })
    video.addEventListener('error', done(false), { once: true })
  })
