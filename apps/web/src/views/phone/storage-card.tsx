import { useEffect, useState } from 'react'
import { askToPersist, freeSpace, lookAtStorage, storageState } from '../../viewmodel/phone/storage.ts'
import { bytes } from '../../words/format.ts'
import { useShell, useStore, useTask, useWords } from '../ui/hooks.ts'

/** How much this device keeps, whether the browser may delete it, and what can be let go of. */
export function StorageCard() {
  const { session } = useShell()
  const words = useWords().phone.storage
  const { persistent, used, room } = useStore(storageState)
  const { busy, run } = useTask()
  const [said, setSaid] = useState<'refused' | 'freed' | undefined>(undefined)
  useEffect(() => void lookAtStorage(), [])
  return (
    <section
      className="card"
      data-testid="storage-card"
      data-persistent={persistent === undefined ? 'unknown' : String(persistent)}
    >
      <h2>{words.title}</h2>
      <p data-testid="storage-used">
        {used === undefined
          ? words.unknown
          : room === undefined
            ? words.usedOnly(bytes(used))
            : words.used(bytes(used), bytes(room))}
      </p>
      {persistent !== undefined && <p className="muted">{persistent ? words.kept : words.notKept}</p>}
      <div className="row-actions">
        {persistent === false && (
          <button
            type="button"
            className="button"
            data-testid="storage-persist"
            disabled={busy}
            onClick={() =>
              void run(async () => setSaid((await askToPersist()) === 'refused' ? 'refused' : undefined))
            }
          >
            {words.ask}
          </button>
        )}
        <button
          type="button"
          className="button"
          data-testid="storage-free"
          disabled={busy}
          onClick={() =>
            void run(async () => {
              await freeSpace(session)
              setSaid('freed')
            })
          }
        >
          {words.free}
        </button>
      </div>
      <p className="muted">{words.freeHint}</p>
      <p role="status">{said ? words[said] : ''}</p>
    </section>
  )
}
