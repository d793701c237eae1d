import { findCommand, installPackages } from './install.ts'

/** ffmpeg for the tests of USB and RTSP cameras, or undefined where this machine has none. */
export function findTestFfmpeg(): string | undefined {
  return findCommand('ffmpeg')
}

/** Why a test that needs ffmpeg is skipped; undefined where it is there. */
export const noFfmpeg = findTestFfmpeg() === undefined ? 'ffmpeg is not installed: run npm test' : undefined

/** Installs ffmpeg's package; at once where it is there. */
export async function installFfmpeg(): Promise<void> {
  if (findTestFfmpeg() === undefined) await installPackages(['ffmpeg'], 'ffmpeg')
}
