import {
  type NetworkRisk,
  type PlaceGuard,
  type PublicRisk,
  riskClusters,
  riskKindKeys,
  riskKinds,
  risksByMonth,
  risksCsv,
  risksGeoJson,
} from '@enlace/coordination/risks'
import { Download } from 'lucide-react'
import { saveFile } from '../../lib/save-file.ts'
import { month } from '../../words/format.ts'
import { nearestTown } from '../directory/map/towns.ts'
import { useLabel, useLanguage, useWords } from '../ui/hooks.ts'

/** As the map is when the corridor fills the window. */
const ZOOM = 9

/** What the map shows, as a table: for whoever cannot see a map, or has no use for one. */
export function RiskPlaces({ rows, guard }: { rows: readonly NetworkRisk[]; guard: PlaceGuard }) {
  const words = useWords().risks
  const label = useLabel()
  const clusters = riskClusters(rows, ZOOM, guard)
  const hidden = rows.filter((one) => !one.place).length
  if (clusters.length + hidden === 0) return null
  return (
    <section>
      <h3>{words.byPlace}</h3>
      <p className="muted">{words.byPlaceHint}</p>
      <table className="risk-places" data-testid="risk-places">
        <thead>
          <tr>
            <th scope="col">{words.where}</th>
            <th scope="col">{words.kinds}</th>
            <th scope="col">{words.title}</th>
          </tr>
        </thead>
        <tbody>
          {clusters.map((cluster) => (
            <tr key={cluster.key}>
              <th scope="row">{nearestTown(cluster.position).town.name}</th>
              <td>
                {riskKindKeys
                  .flatMap((kind) =>
                    cluster.kinds[kind] ? [`${label(riskKinds[kind].label)}: ${cluster.kinds[kind]}`] : [],
                  )
                  .join(', ')}
              </td>
              <td>{cluster.rows}</td>
            </tr>
          ))}
          {hidden > 0 && (
            <tr>
              <th scope="row">{words.withheld}</th>
              <td />
              <td>{hidden}</td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  )
}

export function RiskMonths({ rows }: { rows: readonly PublicRisk[] }) {
  const words = useWords().risks
  const language = useLanguage()
  const months = risksByMonth(rows)
  const most = Math.max(1, ...months.map((one) => one.rows))
  if (months.length === 0) return null
  return (
    <section>
      <h3>{words.byMonth}</h3>
      <ul className="risk-months" data-testid="risk-months">
        {months.map((one) => (
          <li key={one.month}>
            <span>{month(one.month, language)}</span>
            <span
              aria-hidden="true"
              className="risk-bar"
              style={{ inlineSize: `${(one.rows / most) * 100}%` }}
            />
            <span>{one.rows}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Files of what is listed. `open`: absent where nothing may leave the network. */
export function RiskFiles(props: {
  rows: readonly NetworkRisk[]
  open?: readonly PublicRisk[]
  guard: PlaceGuard
}) {
  const { rows, open, guard } = props
  const words = useWords().risks
  const language = useLanguage()
  const csv = (text: string, name: string) =>
    saveFile(new Blob(['\ufeff', text], { type: 'text/csv;charset=utf-8' }), `${name}.csv`)
  return (
    <section>
      <h3>{words.files}</h3>
      <div className="row-actions">
        {open && (
          <>
            <button
              type="button"
              className="button small"
              data-testid="risk-geojson"
              onClick={() =>
                saveFile(
                  new Blob([JSON.stringify(risksGeoJson(open, guard))], { type: 'application/geo+json' }),
                  `${words.publicName}.geojson`,
                )
              }
            >
              <Download aria-hidden="true" />
              {words.publicGeoJson}
            </button>
            <button
              type="button"
              className="button small"
              onClick={() => csv(risksCsv(open, guard, language), words.publicName)}
            >
              <Download aria-hidden="true" />
              {words.publicCsv}
            </button>
          </>
        )}
        <button
          type="button"
          className="button small"
          onClick={() => csv(risksCsv(rows, guard, language), words.networkName)}
        >
          <Download aria-hidden="true" />
          {words.networkCsv}
        </button>
      </div>
    </section>
  )
}
