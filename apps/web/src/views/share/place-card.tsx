import { MapPin, Navigation } from 'lucide-react'
import type { PlaceBody } from '../../viewmodel/timeline/types.ts'
import { useWords } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'

const MapPiece = lazyPage(() => import('./map-piece.tsx'), 'quiet')

/** Less exact than this it is a town and not a door. */
const EXACT_METRES = 1_000

/** A place that somebody sent: a piece of the map of this device, and a way into the telephone's own map. */
export function PlaceCard({ body }: { body: PlaceBody }) {
  const words = useWords().share
  const { latitude, longitude } = body
  const at = `${latitude},${longitude}`
  const coarse = (body.uncertainty ?? 0) >= EXACT_METRES
  return (
    <section className="shared-card" data-testid="message-place" data-coarse={coarse}>
      <p className="shared-title" dir="auto">
        <MapPin aria-hidden="true" />
        {body.words || words.place}
      </p>
      <MapPiece latitude={latitude} longitude={longitude} coarse={coarse} />
      <p className="muted">
        {body.own && `${words.ownPlace} `}
        {coarse ? words.townOnly : words.exactPoint}
      </p>
      <a className="button small" href={`geo:${at}?q=${at}`} data-testid="place-open">
        <Navigation aria-hidden="true" />
        {words.openMap}
      </a>
    </section>
  )
}
