import type { PrinterView } from '@layerwatch/shared/api.ts'
import { useState } from 'react'
import { newKey, Refusal, sendCommand } from '../api.ts'
import { useCanSend } from '../context.tsx'
import { texts } from '../texts.ts'
import { Icon } from './icon.tsx'

/** What a printer learned from its owner, and the way to take it back. */
export function Learned({ printer }: { printer: PrinterView }) {
  const canSend = useCanSend()
  const [said, setSaid] = useState<{ text: string; isWrong: boolean; at: string }>()
  const { learned } = printer
  if (!learned) return null
  const takeBack = async () => {
    const say = (text: string, isWrong: boolean) => setSaid({ text, isWrong, at: learned.at })
    try {
      await sendCommand(printer.id, { action: 'untune' }, newKey())
      say(texts.printer.takenBack, false)
    } catch (error) {
      say(error instanceof Refusal ? error.message : texts.problem.unreachable, true)
    }
  }
  const isAsked = said !== undefined && said.at === learned.at
  return (
    <section className="print-state learned">
      <h2>{texts.printer.learned}</h2>
      <ul className="limits">
        {learned.words.map((words) => (
          <li key={words}>
            <bdi>{words}</bdi>
          </li>
        ))}
      </ul>
      {learned.canUndo && printer.role !== 'viewer' && (
        <button
          type="button"
          className="button"
          disabled={!canSend || (isAsked && !said.isWrong)}
          onClick={takeBack}
        >
          <Icon name="back" />
          {texts.printer.takeBack}
        </button>
      )}
      {isAsked && (
        <p className={said.isWrong ? 'wrong' : 'detail'} role={said.isWrong ? 'alert' : 'status'}>
          {said.text}
        </p>
      )}
    </section>
  )
}
