import { MeView, SetupView } from '@layerwatch/shared/api.ts'
import { z } from 'zod'

const storageKey = 'layerwatch.session'
const Stored = z.object({ me: MeView, setup: SetupView })
export type StoredSession = z.infer<typeof Stored>

/** Remembers who was here, so that without a connection the last known state can be shown; never a secret. */
export function storeSession(session: StoredSession | undefined): void {
  if (session) localStorage.setItem(storageKey, JSON.stringify(session))
  else localStorage.removeItem(storageKey)
}

export function readStoredSession(): StoredSession | undefined {
  try {
    return Stored.parse(JSON.parse(localStorage.getItem(storageKey) ?? ''))
  } catch {
    return undefined
  }
}
