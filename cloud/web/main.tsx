import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { z } from 'zod'
import { App } from './app.tsx'
import { FailureBoundary } from './parts/failure-boundary.tsx'
import { startTheme } from './theme.ts'
import './tokens.css'
import './base.css'

// The page's content policy forbids code made from text, which zod would otherwise try.
z.config({ jitless: true })
startTheme()

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <FailureBoundary>
        <App />
      </FailureBoundary>
    </StrictMode>,
  )
}

// Only over HTTPS or on this machine itself; elsewhere browsers have none, and the settings say why.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  void navigator.serviceWorker.register('/sw.js').catch(() => undefined)
}
