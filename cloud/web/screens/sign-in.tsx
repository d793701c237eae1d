import type { SetupView } from '@layerwatch/shared/api.ts'
import { UnavailableError } from '@layerwatch/shared/errors.ts'
import { useState } from 'react'
import { Refusal, signIn, signUp } from '../api.ts'
import { Field } from '../parts/field.tsx'
import { Mark } from '../parts/icon.tsx'
import { texts } from '../texts.ts'
import './sign-in.css'
import { Problem } from '../parts/problem.tsx'

/** The way in: sign in, or the first owner's account with the set-up token. */
export function SignIn({ setup, onSignedIn }: { setup: SetupView; onSignedIn: () => void }) {
  const [isNew, setNew] = useState(!setup.hasOwner)
  const canSignUp = !setup.hasOwner || setup.signUp === 'open'
  return (
    <main className="sign-in">
      <div className="welcome">
        <span className="brand">
          <Mark />
          {texts.name}
        </span>
        <WelcomeCore />
        <p>{texts.signIn.promise}</p>
      </div>
      <div className="form-side">
        <h1 className="page-title">{titleOf(setup, isNew)}</h1>
        {!setup.hasOwner && <p className="muted">{texts.signIn.firstWhy}</p>}
        <AccountForm key={String(isNew)} setup={setup} isNew={isNew} onSignedIn={onSignedIn} />
        {canSignUp && setup.hasOwner && (
          <button type="button" className="button" onClick={() => setNew(!isNew)}>
            {isNew ? texts.signIn.haveAccount : texts.signIn.newHere}
          </button>
        )}
      </div>
    </main>
  )
}

function titleOf(setup: SetupView, isNew: boolean): string {
  if (!setup.hasOwner) return texts.signIn.firstTitle
  return isNew ? texts.signIn.signUpTitle : texts.signIn.title
}

function AccountForm({
  setup,
  isNew,
  onSignedIn,
}: {
  setup: SetupView
  isNew: boolean
  onSignedIn: () => void
}) {
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const [isShown, setShown] = useState(false)
  const needsToken = isNew && !setup.hasOwner
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '')
    setBusy(true)
    setProblem(undefined)
    try {
      const credentials = { email: text('email').trim(), password: text('password') }
      const setupToken = needsToken ? text('token').trim() : undefined
      await (isNew ? signUp({ ...credentials, name: text('name').trim(), setupToken }) : signIn(credentials))
      onSignedIn()
    } catch (error) {
      setProblem(problemText(error, isNew))
      setBusy(false)
    }
  }
  return (
    <form onSubmit={submit}>
      {needsToken && (
        <Field name="token" label={texts.signIn.token} autoComplete="off" defaultValue={tokenInAddress()} />
      )}
      {isNew && <Field name="name" label={texts.signIn.yourName} autoComplete="name" />}
      <Field name="email" label={texts.signIn.email} type="email" autoComplete="username" />
      <Field
        name="password"
        label={texts.signIn.password}
        type={isShown ? 'text' : 'password'}
        autoComplete={isNew ? 'new-password' : 'current-password'}
        {...(isNew ? { minLength: 8, hint: texts.signIn.passwordRule } : {})}
      >
        <button type="button" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
          {isShown ? texts.signIn.hide : texts.signIn.show}
        </button>
      </Field>
      <Problem text={problem} />
      <button type="submit" className="button primary wide" disabled={isBusy}>
        {isNew ? texts.signIn.create : texts.signIn.submit}
      </button>
    </form>
  )
}

/** The address printed at the first start may carry the token behind the hash, which no server logs. */
function tokenInAddress(): string {
  return new URLSearchParams(location.hash.slice(1)).get('setup') ?? ''
}

function problemText(error: unknown, isNew: boolean): string {
  if (error instanceof UnavailableError) return texts.signIn.unreachable
  if (!(error instanceof Refusal)) return texts.problem.unexpected
  if (!isNew && error.status === 401) return texts.signIn.wrong
  return error.problem.message || texts.problem.unexpected
}

/** Lengths of the drawn core's layers from the bed up, and their health. */
const coreLines = [34, 35, 34, 36, 35, 34, 36, 35, 52, 60, 35, 34, 35, 36, 34, 35].map((width, index) => ({
  y: 109 - index * 6.6,
  width,
  health: healthOfWidth(width),
}))

function healthOfWidth(width: number): string {
  if (width > 58) return 'failed'
  return width > 50 ? 'suspected' : 'fine'
}

/** The product in one drawing: a core with two layers that stick out. */
function WelcomeCore() {
  return (
    <svg className="welcome-core" viewBox="0 0 64 120" aria-hidden="true">
      {coreLines.map(({ y, width, health }) => (
        <rect key={y} className={health} x="0" y={y} width={width} height="5.6" rx="1" />
      ))}
      <rect className="bed" x="0" y="116" width="64" height="3" />
    </svg>
  )
}
