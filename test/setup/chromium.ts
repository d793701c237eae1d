import { findCommand, installPackages } from './install.ts'

/** The browser for the page's tests, or undefined where this machine has none. */
export function findChromium(): string | undefined {
  return findCommand('chromium', 'chromium-browser', 'google-chrome')
}

/** Installs Chromium's package; at once where a browser is there. */
export async function installChromium(): Promise<void> {
  if (findChromium() === undefined) await installPackages(['chromium'], 'Chromium')
}
