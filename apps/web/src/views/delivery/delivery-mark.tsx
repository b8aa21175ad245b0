import { Check, CheckCheck, CircleAlert, type LucideIcon, Server, Smartphone } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { deliveryOf } from '../../viewmodel/delivery/delivery.ts'
import { markText, missingText } from '../../viewmodel/delivery/delivery-text.ts'
import type { DeliverySummary } from '../../viewmodel/delivery/types.ts'
import { useLanguage, useShell, useStore, useWords } from '../ui/hooks.ts'
import { DeliveryDialog } from './delivery-dialog.tsx'

const icons: Record<DeliverySummary['state'], LucideIcon> = {
  sent: Check,
  undelivered: CircleAlert,
  accepted: Server,
  on_device: Smartphone,
  read: CheckCheck,
}

type Props = {
  roomId: string
  eventId: string
  /** Who has read it, by name, where that is known here: listed in the detail. */
  readers?: readonly string[]
  /** Shown until the node has answered, and where it does not know. */
  fallback?: ReactNode
}

/** How far an event has come, in words; a tap shows it for each institution. It stands under anything one has sent. */
export function DeliveryMark(props: Props) {
  const { roomId, eventId } = props
  const { session } = useShell()
  const words = useWords()
  const language = useLanguage()
  const delivery = deliveryOf(session)
  const view = useStore(delivery.of(roomId, eventId))
  const [open, setOpen] = useState(false)
  useEffect(() => delivery.watch(roomId, eventId), [delivery, roomId, eventId])
  if (view === undefined) return props.fallback ?? null
  const { state } = view.summary
  const Icon = icons[state]
  return (
    <>
      <button
        type="button"
        className={`state state-${state}`}
        data-testid="message-state"
        data-state={state}
        onClick={() => setOpen(true)}
      >
        <Icon aria-hidden="true" />
        <span>{markText(view, words)}</span>
      </button>
      {state === 'undelivered' && (
        <p className="delivery-missing" data-testid="delivery-missing" role="status">
          {missingText(view, language, words)}
        </p>
      )}
      {open && (
        <DeliveryDialog
          roomId={roomId}
          eventId={eventId}
          readers={props.readers ?? []}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  )
}
