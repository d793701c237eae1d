import './chips.css'
import './choice.css'

type ChoiceProps<T extends string> = {
  name: string
  title: string
  values: readonly T[]
  labels: Record<T, string>
  chosen: T
  onChoose: (value: T) => void
}

/** One of a few, side by side. */
export function Choice<T extends string>({ name, title, values, labels, chosen, onChoose }: ChoiceProps<T>) {
  return (
    <fieldset className="choice">
      <legend>{title}</legend>
      {values.map((value) => (
        <label key={value}>
          <input type="radio" name={name} checked={value === chosen} onChange={() => onChoose(value)} />
          <span>{labels[value]}</span>
        </label>
      ))}
    </fieldset>
  )
}

type ChipsProps<T extends string | number> = {
  title: string
  values: readonly T[]
  textOf: (value: T) => string
  chosen: readonly T[]
  onChange: (chosen: T[]) => void
}

/** Any of a few, each switched by itself. */
export function Chips<T extends string | number>({ title, values, textOf, chosen, onChange }: ChipsProps<T>) {
  const toggle = (value: T) =>
    onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value])
  return (
    <fieldset className="chips">
      <legend>{title}</legend>
      {values.map((value) => (
        <label key={value}>
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
          <span>{textOf(value)}</span>
        </label>
      ))}
    </fieldset>
  )
}
