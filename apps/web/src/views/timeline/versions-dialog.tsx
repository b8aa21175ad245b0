import { useEffect, useState } from 'react'
import type { ComposerModel, MessageItem } from '../../viewmodel/timeline/types.ts'
import { dateTime } from '../../words/format.ts'
import { useLanguage, useWords } from '../ui/hooks.ts'
import { Dialog, Spinner } from '../ui/parts.tsx'
import { MessageBody } from './message-body.tsx'

/** What a message said before, the newest first. */
export default function VersionsDialog(props: {
  item: MessageItem
  roomId: string
  composer: ComposerModel
  onClose(): void
}) {
  const words = useWords()
  const language = useLanguage()
  const { composer, item } = props
  const [found, setFound] = useState<Awaited<ReturnType<ComposerModel['versions']>> | undefined>(undefined)
  useEffect(() => {
    let current = true
    void composer.versions(item.eventId!).then((value) => current && setFound(value))
    return () => {
      current = false
    }
  }, [composer, item.eventId])
  return (
    <Dialog title={words.messages.versions} onClose={props.onClose} testId="versions-dialog">
      {!found && <Spinner label={words.messages.versionsLoading} />}
      {found && !found.whole && <p className="note">{words.messages.versionsFailed}</p>}
      <ol className="versions" reversed>
        {found?.versions
          .map((version, index) => (
            <li key={version.id} data-testid="message-version">
              <h3>
                {index === 0 ? words.messages.first : words.messages.version(index + 1)}
                <time dateTime={new Date(version.ts).toISOString()}>
                  {dateTime(version.ts, language, words)}
                </time>
              </h3>
              <MessageBody item={{ ...item, body: version.body }} roomId={props.roomId} />
            </li>
          ))
          .reverse()}
      </ol>
    </Dialog>
  )
}
