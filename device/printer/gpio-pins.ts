import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { ConfigError } from '@layerwatch/shared/errors.ts'

/** Labels of the chip that carries the 40-pin header: BCM chips up to the Pi 4, RP1 on the Pi 5. */
const headerChip = /^pinctrl-(bcm|rp1)/

/**
 * Makes the function from a pin's BCM number to the number sysfs knows it by. Since Linux 6.6 the chips of a Pi no
 * longer begin at 0 but at 512 and more, so the beginning is looked up.
 * @throws ConfigError where this machine has no sysfs GPIO or no header.
 */
export async function findHeader(folder = '/sys/class/gpio'): Promise<(bcm: number) => number> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new ConfigError(`this machine has no GPIO at ${folder}: remove gpio from the configuration`, {
      cause,
    })
  })
  const chips = await Promise.all(
    names
      .filter((name) => /^gpiochip\d+$/.test(name))
      .map(async (name) => {
        const read = (file: string) => readFile(path.join(folder, name, file), 'utf8')
        const [label, base, count] = await Promise.all([read('label'), read('base'), read('ngpio')])
        return { label: label.trim(), base: Number(base), count: Number(count) }
      }),
  )
  const header = chips.find(({ label }) => headerChip.test(label))
  if (header === undefined) {
    const found = chips.map(({ label }) => label).join(', ') || 'none'
    throw new ConfigError(`this machine has no Raspberry Pi header (GPIO chips: ${found})`)
  }
  return (bcm) => {
    if (bcm >= header.count) throw new ConfigError(`this header has no pin ${bcm}`)
    return header.base + bcm
  }
}
