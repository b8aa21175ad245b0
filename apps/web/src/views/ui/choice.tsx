import { Check, ChevronDown, Search } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Autocomplete, useFilter } from 'react-aria-components/Autocomplete'
import { Button } from 'react-aria-components/Button'
import { Group } from 'react-aria-components/Group'
import { I18nProvider } from 'react-aria-components/I18nProvider'
import { Header, ListBox, ListBoxItem, ListBoxSection } from 'react-aria-components/ListBox'
import { Popover } from 'react-aria-components/Popover'
import { Radio, RadioGroup } from 'react-aria-components/RadioGroup'
import { Input, SearchField } from 'react-aria-components/SearchField'
import { Select as AriaSelect, Label, SelectValue } from 'react-aria-components/Select'
import { Text } from 'react-aria-components/Text'
import { useLanguage, useWords } from './hooks.ts'

/**
 * Choosing one of several, the same on every form: `Select` for a list, `RadioCards` where all of them should be seen at once,
 * `FormGroup` for what belongs together. Only pages that are loaded when they are opened use these, because of their weight.
 */

export type Choice = {
  value: string
  label: string
  /** A second line: what choosing this means. */
  hint?: string
  icon?: ReactNode
  lang?: string
  disabled?: boolean
}
export type Choices = { title: string; choices: readonly Choice[] }

/** More than these, and one would rather type than scroll. */
const SEARCH_FROM = 9

type Common = {
  label: string
  /** The label is said, not shown. */
  quiet?: boolean
  hint?: ReactNode
  value: string
  onChange(value: string): void
  disabled?: boolean
  wrong?: boolean
  testId?: string
  className?: string
  /** What else says something about it, by its id. */
  describedBy?: string
}

export function Select(
  props: Common & {
    choices: readonly (Choice | Choices)[]
    /** Shown while nothing is chosen. */
    placeholder?: string
    required?: boolean
    /** A field to type in; by itself for long lists. */
    search?: boolean
  },
) {
  const words = useWords()
  const language = useLanguage()
  const { contains } = useFilter({ sensitivity: 'base' })
  const flat = props.choices.flatMap((one) => ('choices' in one ? one.choices : [one]))
  const chosen = flat.find((one) => one.value === props.value)
  const search = props.search ?? flat.length >= SEARCH_FROM
  const trigger = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  const [layer, setLayer] = useState<HTMLElement | undefined>(undefined)
  useEffect(() => () => layer?.remove(), [layer])
  function change(next: boolean) {
    setLayer(next ? topLayer(trigger.current) : undefined)
    setOpen(next)
  }
  const list = (
    <ListBox
      className="choice-list"
      renderEmptyState={() => <p className="muted pad">{words.choice.none}</p>}
    >
      {props.choices.map((one) =>
        'choices' in one ? (
          <ListBoxSection key={`/${one.title}`} id={`/${one.title}`} className="choice-section">
            <Header className="choice-title">{one.title}</Header>
            {one.choices.map(item)}
          </ListBoxSection>
        ) : (
          item(one)
        ),
      )}
    </ListBox>
  )
  return (
    <I18nProvider locale={language}>
      <AriaSelect
        className={`field choice-field ${props.wrong ? 'field-wrong' : ''} ${props.className ?? ''}`}
        value={chosen ? idOf(chosen.value) : null}
        onChange={(id) => id !== null && props.onChange(valueIn(String(id)))}
        isDisabled={props.disabled}
        isInvalid={props.wrong}
        isRequired={props.required}
        aria-describedby={props.describedBy}
        validationBehavior="aria"
        placeholder={props.placeholder ?? words.choice.choose}
        isOpen={open}
        onOpenChange={change}
      >
        <Label className={props.quiet ? 'visually-hidden' : 'field-label'}>{props.label}</Label>
        <Button
          ref={trigger}
          className="select-button"
          data-testid={props.testId}
          data-value={chosen?.value ?? ''}
        >
          <SelectValue className="select-value">
            {chosen && (
              <>
                {chosen.icon}
                <span lang={chosen.lang}>{chosen.label}</span>
              </>
            )}
          </SelectValue>
          <ChevronDown aria-hidden="true" />
        </Button>
        {props.hint && (
          <Text slot="description" elementType="small">
            {props.hint}
          </Text>
        )}
        <Popover
          className={`choice-popover ${search ? 'searched' : ''}`}
          {...(layer ? { UNSTABLE_portalContainer: layer } : {})}
        >
          {search ? (
            <Autocomplete filter={contains}>
              <SearchField className="choice-search" aria-label={words.choice.search} autoFocus>
                <Search aria-hidden="true" />
                <Input placeholder={words.choice.search} autoComplete="off" />
              </SearchField>
              {list}
            </Autocomplete>
          ) : (
            list
          )}
        </Popover>
      </AriaSelect>
    </I18nProvider>
  )
}

function item(one: Choice) {
  return (
    <ListBoxItem
      key={idOf(one.value)}
      id={idOf(one.value)}
      textValue={one.hint ? `${one.label} ${one.hint}` : one.label}
      isDisabled={one.disabled}
      className="choice-item"
      data-choice={one.value}
    >
      {one.icon}
      <span className="choice-text" lang={one.lang}>
        <Text slot="label">{one.label}</Text>
        {one.hint && <Text slot="description">{one.hint}</Text>}
      </span>
      <Check className="choice-check" aria-hidden="true" />
    </ListBoxItem>
  )
}

/** "" is a value here, and no key there. */
const idOf = (value: string) => `=${value}`
const valueIn = (id: string) => id.slice(1)

/**
 * A modal dialog is above everything outside it and clips what is inside: a list opened in one gets a layer of its own above it,
 * before it is drawn, because whatever else is there while it is open is made inert.
 */
function topLayer(trigger: HTMLElement | null): HTMLElement | undefined {
  const dialog = trigger?.closest('dialog')
  if (!dialog) return undefined
  const layer = document.createElement('div')
  layer.className = 'choice-layer'
  layer.popover = 'manual'
  dialog.append(layer)
  layer.showPopover()
  return layer
}

export function RadioCards(
  props: Common & {
    choices: readonly Choice[]
    /** For tests; else `<testId>-<value>`. */
    choiceTestId?(value: string): string
    /** `row`: side by side where there is room. */
    layout?: 'rows' | 'grid'
  },
) {
  const language = useLanguage()
  return (
    <I18nProvider locale={language}>
      <RadioGroup
        className={`field radio-cards ${props.layout ?? 'rows'} ${props.wrong ? 'field-wrong' : ''} ${props.className ?? ''}`}
        value={props.value === '' && !props.choices.some((one) => one.value === '') ? null : props.value}
        onChange={props.onChange}
        isDisabled={props.disabled}
        isInvalid={props.wrong}
        data-testid={props.testId}
        data-value={props.value}
      >
        <Label className={props.quiet ? 'visually-hidden' : 'field-label'}>{props.label}</Label>
        {props.hint && (
          <Text slot="description" elementType="small">
            {props.hint}
          </Text>
        )}
        <div className="radio-list">
          {props.choices.map((one) => (
            <Radio
              key={one.value}
              value={one.value}
              isDisabled={one.disabled}
              className="radio-card"
              data-testid={
                props.choiceTestId?.(one.value) ??
                (props.testId === undefined ? undefined : `${props.testId}-${one.value}`)
              }
            >
              <span className="radio-dot" aria-hidden="true" />
              {one.icon}
              <span className="choice-text" lang={one.lang}>
                <span>{one.label}</span>
                {one.hint && <small>{one.hint}</small>}
              </span>
            </Radio>
          ))}
        </div>
      </RadioGroup>
    </I18nProvider>
  )
}

/** Fields that belong together, under one title. */
export function FormGroup(props: {
  title: string
  hint?: ReactNode
  children: ReactNode
  className?: string
  testId?: string
  quiet?: boolean
}) {
  return (
    <Group
      className={`field-group ${props.className ?? ''}`}
      aria-label={props.title}
      data-testid={props.testId}
    >
      {!props.quiet && (
        <p className="field-group-title" aria-hidden="true">
          {props.title}
        </p>
      )}
      {props.hint && <p className="muted">{props.hint}</p>}
      {props.children}
    </Group>
  )
}
