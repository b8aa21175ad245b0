import { Download, FileIcon, ImageDown, ImageIcon, Mic, TriangleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import { beginning } from '../../lib/picture-size.ts'
import { saveUrl } from '../../lib/save-file.ts'
import { downloadRule, fetchedByItself, lineNow } from '../../viewmodel/media/auto-download.ts'
import { isShown } from '../../viewmodel/media/document.ts'
import type { AttachmentBody, Track } from '../../viewmodel/media/types.ts'
import type { OutgoingFileBody } from '../../viewmodel/timeline/types.ts'
import { bytes } from '../../words/format.ts'
import { VideoClip } from '../media/video-clip.tsx'
import { clock, VoicePlayer } from '../media/voice-player.tsx'
import { Waveform } from '../media/waveform.tsx'
import { useShell, useStore, useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'
import { Dialog, Spinner } from '../ui/parts.tsx'

const DocumentPreview = lazyPage(() => import('../media/document-preview.tsx'), 'quiet')

type Image = Extract<AttachmentBody, { type: 'image' }>
type File = Extract<AttachmentBody, { type: 'file' }>
type Sound = Extract<AttachmentBody, { type: 'voice' }>

/** @param from whose message carries it, for what is heard while it is out of sight */
export function Attachment(props: {
  body: AttachmentBody
  from?: Pick<Track, 'roomId' | 'eventId' | 'title'>
}) {
  const { body } = props
  return (
    <>
      {body.type === 'image' ? (
        <Picture body={body} />
      ) : body.type === 'voice' ? (
        <Voice body={body} from={props.from} />
      ) : body.type === 'video' ? (
        <VideoClip body={body} />
      ) : (
        <>
          {isShown(body.mimetype) && <DocumentPreview body={body} />}
          <FileButton body={body} />
        </>
      )}
      {body.caption && (
        <p className="message-text caption" data-testid="attachment-caption" dir="auto">
          {body.caption}
        </p>
      )}
    </>
  )
}

function Voice(props: { body: Sound; from: Pick<Track, 'roomId' | 'eventId' | 'title'> | undefined }) {
  const { file, mimetype, durationMs, waveform, spoken, name } = props.body
  return (
    <>
      <VoicePlayer
        track={{ key: file.url, source: file, mimetype, durationMs, roomId: '', title: name, ...props.from }}
        waveform={waveform}
        spoken={spoken}
      />
      {!spoken && <FileButton body={{ ...props.body, type: 'file' }} />}
    </>
  )
}

const LARGEST = { width: 320, height: 320 }

function Picture(props: { body: Image }) {
  const { body } = props
  const { session } = useShell()
  const words = useWords()
  const [url, setUrl] = useState<string | undefined>(undefined)
  const [failed, setFailed] = useState(false)
  const [attempt, setAttempt] = useState(0)
  const [open, setOpen] = useState(false)
  const rule = useStore(downloadRule)
  const costs = body.thumbnail ? body.thumbnailSize : body.size
  const [wanted, setWanted] = useState(() => fetchedByItself(rule, costs, lineNow()))
  // Of a long page the beginning is shown, as wide as can be read.
  const shown = beginning(body.width, body.height)
  const scale = Math.min(1, LARGEST.width / shown.width, LARGEST.height / shown.height)
  const size = { width: Math.round(shown.width * scale), height: Math.round(shown.height * scale) }

  useEffect(() => {
    if (!wanted) return
    let current = true
    setFailed(false)
    session.media.url(body.thumbnail ?? body.file, body.thumbnail ? body.thumbnailType! : body.mimetype).then(
      (value) => current && setUrl(value),
      () => current && setFailed(true),
    )
    return () => {
      current = false
    }
  }, [session, body.file.url, attempt, wanted])

  return (
    <>
      <button
        type="button"
        className="picture"
        style={{
          aspectRatio: `${size.width} / ${size.height}`,
          width: Math.max(size.width, 120),
        }}
        aria-label={
          failed
            ? words.message.downloadFailed
            : wanted
              ? `${words.message.open}: ${body.name}`
              : `${words.media.download.fetch(costs ? bytes(costs) : '')}: ${body.name}`
        }
        data-testid="attachment-image"
        data-wanted={wanted}
        onClick={() => (failed ? setAttempt(attempt + 1) : wanted ? setOpen(true) : setWanted(true))}
      >
        {url ? (
          <img src={url} alt={body.name} />
        ) : failed ? (
          <span className="picture-note">
            <TriangleAlert aria-hidden="true" />
            {words.message.downloadFailed}
          </span>
        ) : wanted ? (
          <ImageIcon aria-hidden="true" />
        ) : (
          <span className="picture-note">
            <ImageDown aria-hidden="true" />
            {words.media.download.fetch(costs ? bytes(costs) : '')}
          </span>
        )}
      </button>
      {open && <FullPicture body={body} onClose={() => setOpen(false)} />}
    </>
  )
}

function FullPicture(props: { body: Image; onClose(): void }) {
  const { session } = useShell()
  const words = useWords()
  const { body } = props
  const shown = beginning(body.width, body.height)
  const [url, setUrl] = useState<string | undefined>(undefined)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    let current = true
    session.media.url(body.file, body.mimetype).then(
      (value) => current && setUrl(value),
      () => current && setFailed(true),
    )
    return () => {
      current = false
    }
  }, [session, body])
  return (
    <Dialog title={body.name} onClose={props.onClose} wide>
      {failed ? (
        <p>{words.message.downloadFailed}</p>
      ) : url ? (
        <img
          className={shown.height < body.height ? 'full-picture long' : 'full-picture'}
          src={url}
          alt={body.name}
        />
      ) : (
        <Spinner label={words.message.downloading} />
      )}
      {url && (
        <a className="button" href={url} download={body.name}>
          <Download aria-hidden="true" />
          {words.message.download}
        </a>
      )}
    </Dialog>
  )
}

function FileButton(props: { body: File }) {
  const { session } = useShell()
  const words = useWords()
  const { body } = props
  const [state, setState] = useState<'idle' | 'busy' | 'failed'>('idle')

  async function save() {
    setState('busy')
    try {
      // Never opened in the page: whatever it is, it is saved as a file.
      const url = await session.media.url(body.file, 'application/octet-stream')
      saveUrl(url, body.name)
      setState('idle')
    } catch {
      setState('failed')
    }
  }

  return (
    <button
      type="button"
      className="file"
      data-testid="attachment-file"
      onClick={() => void save()}
      disabled={state === 'busy'}
    >
      <FileIcon aria-hidden="true" />
      <span className="file-text">
        <b>{body.name}</b>
        <span className="muted">
          {state === 'busy'
            ? words.message.downloading
            : state === 'failed'
              ? words.message.downloadFailed
              : `${words.message.download}${body.size ? ` · ${bytes(body.size)}` : ''}`}
        </span>
      </span>
    </button>
  )
}

export function OutgoingFile(props: { body: OutgoingFileBody }) {
  const { kind, name, caption, sound } = props.body
  if (sound?.spoken)
    return (
      <div className="voice-player" data-testid="voice-outgoing">
        <Mic aria-hidden="true" />
        <span className="voice-wave">
          <Waveform waveform={sound.waveform} part={0} />
        </span>
        <span className="voice-time">{clock(sound.durationMs / 1000)}</span>
      </div>
    )
  return (
    <>
      <div className="file">
        {kind === 'image' ? <ImageIcon aria-hidden="true" /> : <FileIcon aria-hidden="true" />}
        <span className="file-text">
          <b>{name}</b>
        </span>
      </div>
      {caption && (
        <p className="message-text caption" dir="auto">
          {caption}
        </p>
      )}
    </>
  )
}
