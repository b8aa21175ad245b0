import { createPortal } from 'react-dom'
import type { PrintedFile } from '../../viewmodel/cases/case-file.ts'

/** The case file on paper. It stands outside the application's frame and is seen only in print. */
export function PrintedCase(props: { file: PrintedFile }) {
  const { file } = props
  return createPortal(
    <article className="printed-case" data-testid="printed-case">
      <h1>{file.title}</h1>
      <p>{file.subtitle}</p>
      {file.notice.map((line) => (
        <p key={line} className="printed-faint">
          {line}
        </p>
      ))}
      {file.sections.map((section, index) => {
        const { rows = [], entries = [], empty } = section
        if (rows.length + entries.length === 0 && empty === undefined) return null
        return (
          <section key={`${index}-${section.title}`}>
            <h2>{section.title}</h2>
            {rows.length + entries.length === 0 && <p className="printed-faint">{empty}</p>}
            <table>
              <tbody>
                {rows.map(([name, value]) => (
                  <tr key={`${name}-${value}`}>
                    <th scope="row">{name}</th>
                    <td>{value}</td>
                  </tr>
                ))}
                {entries.map((one) => (
                  <tr key={`${one.when}-${one.what}-${one.who}-${one.lines.join()}`}>
                    <th scope="row" className="printed-faint">
                      {one.when}
                    </th>
                    <td>
                      <b>{one.what}</b>
                      {one.lines.map((line) => (
                        <div key={line}>{line}</div>
                      ))}
                      <div className="printed-faint">{one.who}</div>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )
      })}
    </article>,
    document.body,
  )
}
