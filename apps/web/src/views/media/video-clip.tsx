import { Download, Play, Video } from 'lucide-react'
import { useEffect, useState } from 'react'
import { downloadRule, fetchedByItself, lineNow } from '../../viewmodel/media/auto-download.ts'
import type { AttachmentBody } from '../../viewmodel/media/types.ts'
import { bytes } from '../../words/format.ts'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { Dialog, Problem, Spinner } from '../ui/parts.tsx'
import { clock } from './voice-player.tsx'

type Clip = Extract<AttachmentBody, { type: 'video' }>

const WIDEST = 320

/** A clip by its first picture, with its length and size; it is fetched when somebody wants to see it. */
export function VideoClip(props: { body: Clip }) {
  const { body } = props
  const { session } = useShell()
  const words = useWords().media.video
  const rule = useStore(downloadRule)
  const [poster, setPoster] = useState<string | undefined>(undefined)
  const [open, setOpen] = useState(false)
  const { thumbnail, thumbnailType, thumbnailSize } = body
  useEffect(() => {
    if (!thumbnail || !thumbnailType || !fetchedByItself(rule, thumbnailSize, lineNow())) return
    let current = true
    session.media.url(thumbnail, thumbnailType).then(
      (url) => current && setPoster(url),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [session, thumbnail?.url, rule])
  const facts = [body.durationMs > 0 && clock(body.durationMs / 1000), body.size && bytes(body.size)]
    .filter(Boolean)
    .join(' · ')
  const scale = Math.min(1, WIDEST / body.width, WIDEST / body.height)
  return (
    <>
      <button
        type="button"
        className="picture video-clip"
        style={{
          aspectRatio: `${body.width} / ${body.height}`,
          width: Math.max(160, Math.round(body.width * scale)),
        }}
        aria-label={words.open(body.name, facts)}
        data-testid="attachment-video"
        onClick={() => setOpen(true)}
      >
        {poster ? <img src={poster} alt="" /> : <Video aria-hidden="true" />}
        <span className="video-play" aria-hidden="true">
          <Play />
        </span>
        <span className="video-facts" aria-hidden="true">
          {facts}
        </span>
      </button>
      {open && <VideoDialog body={body} onClose={() => setOpen(false)} />}
    </>
  )
}

function VideoDialog(props: { body: Clip; onClose(): void }) {
  const { body } = props
  const { session } = useShell()
  const all = useWords()
  const [url, setUrl] = useState<string | undefined>(undefined)
  const [failed, setFailed] = useState<'fetching' | 'showing' | undefined>(undefined)
  useEffect(() => {
    let current = true
    session.media.url(body.file, body.mimetype).then(
      (value) => current && setUrl(value),
      () => current && setFailed('fetching'),
    )
    return () => {
      current = false
    }
  }, [session, body.file.url])
  return (
    <Dialog title={body.name} onClose={props.onClose} wide testId="video-dialog">
      {failed === 'fetching' ? (
        <Problem>{all.message.downloadFailed}</Problem>
      ) : !url ? (
        <Spinner label={all.media.video.fetching} />
      ) : failed === 'showing' ? (
        <Problem>{all.media.video.cannot}</Problem>
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: a clip that somebody sends has none
        <video
          className="video-full"
          controls
          autoPlay
          playsInline
          src={url}
          data-testid="video-full"
          onError={() => setFailed('showing')}
        />
      )}
      {url && (
        <a className="button" href={url} download={body.name}>
          <Download aria-hidden="true" />
          {all.message.download}
        </a>
      )}
    </Dialog>
  )
}
