import { serverNameOf } from '../../lib/user-id.ts'
import { usePeople, useShell, useStore } from '../ui/hooks.ts'
import { DeliveryMark } from './delivery-mark.tsx'

/** The mark under what this person or a colleague on the same server has sent. What others sent is for them to follow. */
export function OurDelivery(props: { roomId: string; eventId: string; sender: string }) {
  const { roomId, eventId, sender } = props
  const { session } = useShell()
  const people = usePeople()
  const me = useStore(session.me)
  const ours = people.person(sender, roomId).institution
  const colleague = ours !== undefined && ours === me?.institution?.key
  if (sender !== session.userId && !(colleague && serverNameOf(sender) === serverNameOf(session.userId)))
    return null
  return (
    <div className="delivery-ours">
      <DeliveryMark roomId={roomId} eventId={eventId} />
    </div>
  )
}
