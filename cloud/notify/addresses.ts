import { BlockList, isIP } from 'node:net'

/** What nobody on the internet can be at (IANA's special-purpose registry for IPv4). */
const notPublic = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Of the one block of IPv6 that is given out, what is documentation or carries an IPv4 address inside.
  '2001::/32',
  '2001:db8::/32',
  '2002::/16',
]
const givenOut = '2000::/3'

/**
 * Tells which addresses may be called for a person: public ones, and those the operator names.
 * @param allowed addresses and networks (CIDR) that are not public and may be called all the same.
 */
export function makeAddressCheck(allowed: readonly string[]): (address: string) => boolean {
  const [named, hidden, global] = [listOf(allowed), listOf(notPublic), listOf([givenOut])]
  return (address) => {
    const version = isIP(address)
    if (version === 0) return false
    const family = version === 6 ? 'ipv6' : 'ipv4'
    if (named.check(address, family)) return true
    return !hidden.check(address, family) && (version === 4 || global.check(address, family))
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}
