import { ConfigError } from '@layerwatch/shared/errors.ts'
import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { loadIdentity } from '../uplink/identity.ts'
import { pairDevice } from '../uplink/pair.ts'

interface PairOptions {
  cloud: string
  config: string
  again?: true
}

/** `pair CODE`: makes this device its owner's. */
export function addPairCommand(program: Command): void {
  program
    .command('pair')
    .description('pair this device with the account that shows the code')
    .argument('<code>', 'eight letters and digits, as the page shows them')
    .requiredOption('--cloud <url>', 'address of the Layerwatch page')
    .option('--config <file>', 'configuration file', 'agent.yaml')
    .option('--again', 'replace an earlier pairing')
    .action(async (code: string, options: PairOptions) => {
      const config = loadConfig(options.config)
      const cloudUrl = URL.parse(options.cloud)
      if (!cloudUrl || !/^https?:$/.test(cloudUrl.protocol))
        throw mistake(`--cloud: ${options.cloud} is no address; it begins with http:// or https://`)
      if (!options.again && (await loadIdentity(config.dataDir))) {
        throw mistake('this device is paired already; add --again to replace that')
      }
      const pairing = { code, cloudUrl, deviceName: config.name, dataDir: config.dataDir }
      const reply = await pairDevice(pairing, new AbortController().signal)
      console.log(`${config.name} is paired with ${reply.ownerName}. Start the agent again if it is running.`)
    })
}

function mistake(problem: string): ConfigError {
  return new ConfigError('pairing is not possible', { problems: [problem] })
}
