import { Component, type ReactNode } from 'react'
import { texts } from '../texts.ts'

/** A mistake of this page is said, with a way out, rather than left as an empty screen. React asks for a class. */
export class FailureBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true }
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children
    return (
      <main className="splash">
        <p role="alert">{texts.problem.pageFailed}</p>
        <button type="button" className="button primary" onClick={() => location.assign('/')}>
          {texts.problem.startAgain}
        </button>
      </main>
    )
  }
}
