import { useEffect, useRef } from 'react'
import { coloursOf, draw, limits } from '../directory/map/draw.ts'
import { limited, spotOf } from '../directory/map/geometry.ts'
import { isOnMap, nearestTown } from '../directory/map/towns.ts'
import { useDistance } from '../directory/parts.tsx'
import { useWords } from '../ui/hooks.ts'

const SIZE = { width: 260, height: 130 }
/** The towns around are seen. */
const SCALE = 260_000

/** A small piece of the base map around a place, and the town it is at. Nothing is fetched for it from anywhere. */
export default function MapPiece(props: { latitude: number; longitude: number; coarse: boolean }) {
  const { latitude, longitude, coarse } = props
  const words = useWords().share
  const distance = useDistance()
  const canvas = useRef<HTMLCanvasElement>(null)
  const isKnown = isOnMap({ latitude, longitude })
  const near = isKnown ? nearestTown({ latitude, longitude }) : undefined
  useEffect(() => {
    const element = canvas.current
    if (!element) return
    const density = Math.min(window.devicePixelRatio || 1, 2)
    element.width = SIZE.width * density
    element.height = SIZE.height * density
    const spot = spotOf(latitude, longitude)
    draw(element, limited({ ...spot, scale: SCALE }, limits, SIZE), SIZE, coloursOf(element), {
      clusters: [],
      chosen: spot,
    })
  }, [latitude, longitude])
  const said = near
    ? near.metres < 1_500
      ? near.town.name
      : words.nearTown(near.town.name, distance(near.metres, coarse))
    : words.offMap
  return (
    <>
      {isKnown && <canvas ref={canvas} className="place-map" role="img" aria-label={said} />}
      <small className="muted" data-testid="place-near">
        {said}
      </small>
    </>
  )
}
