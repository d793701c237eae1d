#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { readVersion } from '../version.ts'
import { addPairCommand } from './pair.ts'
import { addPairPrinterCommand } from './pair-printer.ts'
import { addProbeCommand } from './probe.ts'
import { addReplayCommand } from './replay.ts'
import { reportAndExit } from './report-error.ts'
import { addRunCommand } from './run.ts'
import { addScoreCommand } from './score.ts'
import { addSelftestCommand } from './selftest.ts'
import { addStatusCommand } from './status.ts'
import { addTuneCommand } from './tune.ts'

enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url)))

const program = new Command('agent')
  .description('Watches 3D prints through a camera and pauses those that fail.')
  .version(readVersion())
  .showHelpAfterError()

addRunCommand(program)
addPairCommand(program)
addPairPrinterCommand(program)
addStatusCommand(program)
addProbeCommand(program)
addSelftestCommand(program)
addScoreCommand(program)
addReplayCommand(program)
addTuneCommand(program)

await program.parseAsync().catch(reportAndExit)
