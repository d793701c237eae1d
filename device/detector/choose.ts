import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { BackendName } from './detector.ts'
import { backendNames } from './load.ts'
import type { Model } from './manifest.ts'
import { type ProbeRequest, ProbeResult } from './probe.ts'
import type { BackendReport } from './report.ts'

const probeTimeoutMs = 120_000

/** Tries every runtime, one after another so that none slows down another's run, and ranks them. */
export async function chooseBackend(
  model: Model,
  threads: number,
  signal: AbortSignal,
): Promise<BackendReport[]> {
  const probes: { name: BackendName; result: ProbeResult }[] = []
  for (const name of backendNames) {
    probes.push({ name, result: await runProbe({ backend: name, modelDir: model.dir, threads }, signal) })
  }
  return rankProbes(probes)
}

/** The fastest runtime that agrees with the reference outputs is taken. */
export function rankProbes(probes: readonly { name: BackendName; result: ProbeResult }[]): BackendReport[] {
  const reports = probes.map(({ name, result }): BackendReport => {
    if ('reason' in result) return { name, state: 'absent', reason: result.reason }
    const { difference, tolerance, msPerFrame } = result
    if (difference === null || difference > tolerance) return { name, state: 'disagrees', difference }
    return { name, state: 'slower', msPerFrame }
  })
  const speeds = reports.flatMap((report) => (report.state === 'slower' ? [report.msPerFrame] : []))
  const fastest = reports.findIndex(
    (report) => report.state === 'slower' && report.msPerFrame === Math.min(...speeds),
  )
  return reports.map((report, index) => (index === fastest ? { ...report, state: 'taken' } : report))
}

async function runProbe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./probe.ts', import.meta.url)), JSON.stringify(request)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.any([signal, AbortSignal.timeout(probeTimeoutMs)]),
    },
  )
  let output = ''
  let complaint = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (complaint = `${complaint}${chunk}`.slice(-2000)))
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  child.on('error', reject)
  child.on('close', (code, killedBy) => resolve(killedBy ?? String(code)))
  const end = await promise.catch((error: unknown) => {
    signal.throwIfAborted()
    return error instanceof Error && error.name === 'AbortError' ? 'a time-out' : String(error)
  })
  return readResult(output) ?? { reason: `its trial ended with ${end}: ${lastLine(complaint)}` }
}

function readResult(output: string): ProbeResult | undefined {
  try {
    return ProbeResult.parse(JSON.parse(output))
  } catch {
    return undefined
  }
}

function lastLine(text: string): string {
  return text.split('\n').find((line) => line.includes('Error')) ?? 'it said nothing'
}
