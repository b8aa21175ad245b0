import { createElement, Fragment, type ReactNode } from 'react'
import type { RichNode } from '../../lib/rich-nodes.ts'
import type { Person } from '../../viewmodel/channels/types.ts'
import { formsOf } from '../../viewmodel/timeline/mentions.ts'
import { segments } from '../../viewmodel/timeline/rich-text.ts'
import { usePeople } from '../ui/hooks.ts'

export interface CalledGroup {
  text: string
  /** of those it means */
  names: string
}

/** Text with its links and the names it mentions. */
export function PlainText(props: {
  text: string
  mentioned: readonly Person[]
  groups?: readonly CalledGroup[]
}) {
  const groups = props.groups ?? []
  const names = [...props.mentioned.flatMap(formsOf), ...groups.map((one) => one.text.slice(1))]
  return segments(props.text, names).map((part, index) => {
    const key = `${index}-${part.kind}`
    if (part.kind === 'link') return <Address key={key} href={part.href} children={part.text} />
    if (part.kind === 'mention') {
      const group = groups.find((one) => one.text === part.text)
      if (group)
        return (
          <mark key={key} className="group" title={group.names}>
            {part.text}
            <span className="visually-hidden"> ({group.names})</span>
          </mark>
        )
      const who = props.mentioned.find((one) => part.text === `@${one.name}`)
      return (
        <mark key={key} title={who?.title}>
          {part.text}
          {who?.institutionName && <small> · {who.institutionName}</small>}
        </mark>
      )
    }
    return <Fragment key={key}>{part.text}</Fragment>
  })
}

const Address = (props: { href: string; children: ReactNode }) => (
  <a href={props.href} target="_blank" rel="noopener noreferrer nofollow">
    {props.children}
  </a>
)

const TABLE_PARTS: readonly string[] = ['tr', 'th', 'td']

/** A tree of formatted text. Elements are made here, one by one, from names this client knows. */
export function RichText(props: {
  nodes: readonly RichNode[]
  mentioned: readonly Person[]
  groups?: readonly CalledGroup[]
  roomId: string
}) {
  const people = usePeople()
  const { mentioned, groups = [], roomId } = props
  const draw = (nodes: readonly RichNode[], bare: boolean): ReactNode[] =>
    nodes.map((node, index) => <Fragment key={`${index}-${node.kind}`}>{one(node, bare)}</Fragment>)

  /** `bare`: text that is shown letter by letter, as in code and in links */
  function one(node: RichNode, bare: boolean): ReactNode {
    switch (node.kind) {
      case 'text':
        return bare ? node.text : <PlainText text={node.text} mentioned={mentioned} groups={groups} />
      case 'break':
        return <br />
      case 'rule':
        return <hr />
      case 'mention': {
        // The name that is known here, whatever the message calls the person.
        const who = people.person(node.userId, roomId)
        return (
          <mark title={who.title}>
            @{who.name}
            {who.institutionName && <small> · {who.institutionName}</small>}
          </mark>
        )
      }
      case 'link':
        return (
          <>
            <Address href={node.href}>{draw(node.children, true)}</Address>
            {node.host && <small className="rich-host"> ({node.host})</small>}
          </>
        )
      case 'element': {
        const inside = draw(node.children, bare || node.tag === 'code' || node.tag === 'pre')
        if (node.tag === 'heading') return <p className="rich-heading">{inside}</p>
        if (node.tag === 'pre')
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the message is scrolled with the keyboard
          return <pre tabIndex={0}>{inside}</pre>
        if (node.tag === 'table')
          return (
            <div className="rich-table">
              <table>
                <tbody>{draw(node.children.filter(isPart), bare)}</tbody>
              </table>
            </div>
          )
        if (node.tag === 'tr') return <tr>{draw(node.children.filter(isPart), bare)}</tr>
        if (node.tag === 'ol') return <ol start={node.start}>{inside}</ol>
        return createElement(node.tag, undefined, inside)
      }
    }
  }
  return (
    <div className="message-text rich" data-testid="message-text" dir="auto">
      {draw(props.nodes, false)}
    </div>
  )
}

const isPart = (node: RichNode) => node.kind === 'element' && TABLE_PARTS.includes(node.tag)
