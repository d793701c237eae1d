import type { PrintVerdictRequest, PrintView } from '@layerwatch/shared/api.ts'
import { useState } from 'react'
import { Refusal, sayOfPrint } from '../api.ts'
import { useCanSend } from '../context.tsx'
import { texts } from '../texts.ts'
import { Icon } from './icon.tsx'

/** What a person says of a past print: its printer learns from a failure that was missed, and from a false alarm. */
export function PrintVerdict({
  print,
  layer,
  onSaid,
}: {
  print: PrintView
  layer: number | undefined
  onSaid: () => void
}) {
  const canSend = useCanSend()
  const [problem, setProblem] = useState<string>()
  const say = (said: PrintVerdictRequest) => {
    setProblem(undefined)
    sayOfPrint(print.id, said).then(onSaid, (error: unknown) =>
      setProblem(error instanceof Refusal ? error.message : texts.problem.unreachable),
    )
  }
  const { mark } = print
  const failedAtLayer = layer === undefined ? {} : { failedAtLayer: layer }
  return (
    <section className="choices">
      <h2>{texts.verdict.question}</h2>
      {mark ? (
        <>
          <p className="resolved">
            <Icon name="check" />
            {mark.verdict === 'fine' ? texts.verdict.saidFine : texts.verdict.saidFailed(mark.failedAtLayer)}
          </p>
          <p className="detail">{mark.isKept ? texts.verdict.kept : texts.verdict.waits}</p>
          <button
            type="button"
            className="button"
            disabled={!canSend}
            onClick={() => say({ verdict: 'none' })}
          >
            {texts.verdict.takeBack}
          </button>
        </>
      ) : (
        <div className="row">
          <button type="button" disabled={!canSend} onClick={() => say({ verdict: 'fine' })}>
            <Icon name="check" />
            {texts.verdict.fine}
          </button>
          <button
            type="button"
            disabled={!canSend}
            onClick={() => say({ verdict: 'failed', ...failedAtLayer })}
          >
            <Icon name="warn" />
            {texts.verdict.failed(layer)}
          </button>
        </div>
      )}
      {problem && (
        <p className="wrong" role="alert">
          {problem}
        </p>
      )}
    </section>
  )
}
