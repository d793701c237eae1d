import { installChromium } from './chromium.ts'
import { installFaketime } from './faketime.ts'
import { installFfmpeg } from './ffmpeg.ts'
import { say } from './install.ts'
import { installMoonraker } from './moonraker.ts'
import { installMosquitto } from './mosquitto.ts'
import { buildGpioAddon, buildTfjsNode } from './native.ts'
import { installOctoprint } from './octoprint.ts'

/**
 * Gets everything the tests need beyond npm; quick where it is there. What is Debian's is installed where this
 * process may do so.
 * @throws Error that names, one a line, what could not be had and what to do about it.
 */
export async function prepare(): Promise<void> {
  const problems: string[] = []
  const attempt = async (part: () => Promise<void>) => {
    try {
      await part()
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    }
  }
  // One after the other: the package manager locks. The others wait for the network rather than for each other.
  const debianParts = [installMosquitto, installFaketime, installFfmpeg, installChromium]
  for (const part of debianParts) await attempt(part)
  await Promise.all([installOctoprint, installMoonraker, buildGpioAddon, buildTfjsNode].map(attempt))
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

if (import.meta.main) {
  try {
    await prepare()
    say('everything the tests need is there')
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
}
