import { useSyncExternalStore } from 'react'

/** Appearance and hand of this browser, kept here and nowhere else. */

export type ThemeChoice = 'system' | 'light' | 'dark'
export type Hand = 'right' | 'left'

const themeKey = 'layerwatch.theme'
const handKey = 'layerwatch.hand'
const barColours = { light: '#EDEAE1', dark: '#0B1110' }

/** Puts the chosen or the system's theme on the page, and keeps it there. Runs once, before anything is drawn. */
export function startTheme(): void {
  applyTheme()
  applyHand()
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applyTheme)
}

export function readThemeChoice(): ThemeChoice {
  const stored = localStorage.getItem(themeKey)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

export function chooseTheme(choice: ThemeChoice): void {
  if (choice === 'system') localStorage.removeItem(themeKey)
  else localStorage.setItem(themeKey, choice)
  applyTheme()
}

export function readHand(): Hand {
  return localStorage.getItem(handKey) === 'left' ? 'left' : 'right'
}

export function chooseHand(hand: Hand): void {
  localStorage.setItem(handKey, hand)
  applyHand()
}

/** The theme on screen; what paints by hand is drawn again when it changes. */
export function useTheme(): 'light' | 'dark' {
  return useSyncExternalStore(watchRoot, readTheme)
}

function readTheme(): 'light' | 'dark' {
  return document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light'
}

function watchRoot(listener: () => void): () => void {
  const observer = new MutationObserver(listener)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}

function applyTheme(): void {
  const choice = readThemeChoice()
  const isSystemDark = matchMedia('(prefers-color-scheme: dark)').matches
  const system = isSystemDark ? 'dark' : 'light'
  const theme = choice === 'system' ? system : choice
  document.documentElement.dataset.theme = theme
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', barColours[theme])
}

function applyHand(): void {
  document.documentElement.dataset.hand = readHand()
}
