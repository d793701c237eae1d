import { ConfigError } from '@layerwatch/shared/errors.ts'
import type { Login } from '../net/http-login.ts'

/** Address of a camera, and how to log in where it asks for it. */
export interface AddressConfig {
  url: string
  username?: string | undefined
  password?: string | undefined
}

/** An address that holds no login any more. */
export interface CameraAddress {
  url: URL
  login: Login | undefined
}

/**
 * Parts an address from its login, which may stand in it or beside it.
 * @throws ConfigError where it is no address of those protocols.
 */
export function parseAddress(config: AddressConfig, protocols: readonly string[]): CameraAddress {
  const url = URL.parse(config.url)
  if (url === null || url.host === '' || !protocols.includes(url.protocol.slice(0, -1))) {
    throw new ConfigError(`the address of the camera is not one of ${protocols.join(' or ')}`)
  }
  const username = config.username ?? decode(url.username)
  const password = config.password ?? decode(url.password)
  url.username = ''
  url.password = ''
  return { url, login: username === '' ? undefined : { username, password } }
}

/** The login as it stands in an address. @throws ConfigError where it is not encoded as addresses are. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new ConfigError('the address of the camera holds a login with a lone %: write it as %25', { cause })
  }
}
