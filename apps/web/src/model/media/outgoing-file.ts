/** The message a file goes in, before the file itself is on the server. */
import { plainFileName } from '../../lib/plain-name.ts'
import type { OutgoingContent } from '../timeline/outgoing.ts'
import type { FileOptions, OutgoingAttachment, Sound } from './types.ts'

export function outgoingFile(
  file: Blob & { name?: string },
  { replyTo, thread, extra, original, caption, voice, video, document }: FileOptions,
): { content: OutgoingContent; attachment: OutgoingAttachment } {
  const name = plainFileName(file.name)
  const said = caption?.trim()
  const poster = video?.poster ?? document?.poster
  return {
    content: {
      ...extra,
      msgtype: voice
        ? 'm.audio'
        : video
          ? 'm.video'
          : file.type.startsWith('image/') && !original
            ? 'm.image'
            : 'm.file',
      // With a caption, the name stands beside it (v1.10).
      body: said || name,
      filename: name,
      ...(voice ? asVoice(voice) : {}),
      ...(video ? { info: { w: video.width, h: video.height, duration: video.durationMs } } : {}),
      ...(document ? { info: { [PAGES_KEY]: document.pages } } : {}),
      ...(replyTo || thread
        ? {
            'm.relates_to': {
              ...(thread
                ? { rel_type: 'm.thread', event_id: thread.id, is_falling_back: !thread.isAnswer }
                : {}),
              ...(replyTo ? { 'm.in_reply_to': { event_id: replyTo } } : {}),
            },
          }
        : {}),
    },
    attachment: {
      blob: file,
      name,
      type: file.type || 'application/octet-stream',
      ...(poster ? { poster } : {}),
    },
  }
}

/** In a document's `info`: how many pages it has. No field of the specification says it. */
export const PAGES_KEY = 'org.enlace.pages'

/** What makes other clients show it as a voice message (MSC3245, MSC3246), as they write it today. */
const asVoice = ({ durationMs, waveform }: Pick<Sound, 'durationMs' | 'waveform'>) => ({
  info: { duration: durationMs },
  'org.matrix.msc1767.audio': { duration: durationMs, waveform: [...waveform] },
  'org.matrix.msc3245.voice': {},
})
