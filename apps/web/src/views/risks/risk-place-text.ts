import { coarsenessLabels, municipalityOf, positionOf, type RiskPlace } from '@enlace/coordination/risks'
import { nearestTown } from '../directory/map/towns.ts'
import { useLabel, useWords } from '../ui/hooks.ts'

/** A place in words: the municipality, or the square and the town next to its middle. */
export function usePlaceText(): (place: RiskPlace | undefined) => string {
  const words = useWords().risks
  const label = useLabel()
  return (place) => {
    if (!place) return words.withheld
    if (place.coarse === 'municipality') return municipalityOf(place.key)?.name ?? words.withheld
    return words.near(label(coarsenessLabels[place.coarse]), nearestTown(positionOf(place)).town.name)
  }
}
