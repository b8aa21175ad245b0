import { FileText, Share2 } from 'lucide-react'
import { useEffect, useState } from 'react'
import { plainFileName } from '../../lib/plain-name.ts'
import type { Channel } from '../../viewmodel/channels/types.ts'
import { forgetShared, readShared, type SharedThing, sendShared } from '../../viewmodel/phone/share.ts'
import { bytes, failureText } from '../../words/format.ts'
import { useLanguage, useShell, useWords } from '../ui/hooks.ts'
import { Blank, Problem, Spinner } from '../ui/parts.tsx'
import { useChannelName } from '../ui/topics.tsx'
import { ChannelChoice, ConfirmFirst } from './channel-choice.tsx'

/** What another app handed over: looked at, sent to a channel, or thrown away. */
export default function SharePage() {
  const { router } = useShell()
  const words = useWords()
  const own = words.phone.share
  const [things, setThings] = useState<readonly SharedThing[] | undefined>(undefined)
  const [refused] = useState(() => ({ '?lleno': own.full, '?muchas': own.many })[location.search])
  useEffect(() => {
    void readShared().then(setThings, () => setThings([]))
  }, [])
  const thing = things?.[0]
  return (
    <section className="page">
      <header className="page-head">
        <h1>{own.title}</h1>
      </header>
      <div className="page-scroll share-page" data-testid="share-page">
        {refused !== undefined && <Problem>{refused}</Problem>}
        {things === undefined ? (
          <Spinner label={words.loading} />
        ) : thing ? (
          <Shared
            key={thing.id}
            thing={thing}
            onGone={(roomId) => {
              setThings((before) => before?.filter((one) => one.id !== thing.id))
              if (roomId && things.length === 1) router.go({ page: 'channel', roomId }, { replace: true })
            }}
          />
        ) : (
          refused === undefined && (
            <Blank icon={<Share2 />} title={own.none} hint={own.noneHint}>
              <button type="button" className="button" onClick={() => router.go({ page: 'channels' })}>
                {words.errors.toChannels}
              </button>
            </Blank>
          )
        )}
      </div>
    </section>
  )
}

function Shared(props: { thing: SharedThing; onGone(roomId?: string): void }) {
  const { thing } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const own = words.phone.share
  const name = useChannelName()
  const [channel, setChannel] = useState<Channel | undefined>(undefined)
  const [caption, setCaption] = useState(thing.text)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(undefined)

  async function send(): Promise<void> {
    if (!channel) return
    setBusy(true)
    setProblem(undefined)
    const failed = await sendShared(session, channel, thing, caption)
    setBusy(false)
    if (!failed) props.onGone(channel.roomId)
    else
      setProblem(
        failed.kind === 'file_too_large' ? own.tooLarge(failed.name) : failureText(failed, language, words),
      )
  }

  return (
    <>
      <ul className="shared-files">
        {thing.files.map((file, at) => (
          <SharedFile key={at} file={file} />
        ))}
      </ul>
      <label className="field">
        <span>{own.caption}</span>
        <textarea
          rows={2}
          autoComplete="off"
          data-testid="share-caption"
          placeholder={own.captionHint}
          value={caption}
          onChange={(event) => setCaption(event.target.value)}
        />
      </label>
      {problem && <Problem>{problem}</Problem>}
      {channel ? (
        <div className="row-actions">
          <button
            type="button"
            className="button primary"
            data-testid="share-send"
            disabled={busy || (thing.files.length === 0 && caption.trim() === '')}
            onClick={() => void send()}
          >
            {own.to(name(channel))}
          </button>
          <button type="button" className="button" disabled={busy} onClick={() => setChannel(undefined)}>
            {own.other}
          </button>
        </div>
      ) : (
        <ConfirmFirst>
          <p className="muted">{own.hint}</p>
          <ChannelChoice none={own.noChannels} onChoose={setChannel} />
        </ConfirmFirst>
      )}
      <div className="share-foot">
        <p className="muted">{own.waits}</p>
        <button
          type="button"
          className="button quiet"
          data-testid="share-discard"
          disabled={busy}
          onClick={() => void forgetShared(thing.id).finally(() => props.onGone())}
        >
          {own.discard}
        </button>
      </div>
    </>
  )
}

const SHOWN = /^image\/(?:jpeg|png|webp|gif|avif)$/

function SharedFile(props: { file: File }) {
  const { file } = props
  const [url, setUrl] = useState<string | undefined>(undefined)
  useEffect(() => {
    if (!SHOWN.test(file.type)) return
    const made = URL.createObjectURL(file)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [file])
  return (
    <li className="shared-file" data-testid="shared-file">
      {url ? <img src={url} alt="" /> : <FileText aria-hidden="true" />}
      <span>{plainFileName(file.name)}</span>
      <span className="muted">{bytes(file.size)}</span>
    </li>
  )
}
