// Which keys of a config an experiment reads: the same values, behind properties that note being asked.
// Not a check of any value, and no judgement of a key that nobody asks for.
import { inspect } from 'node:util'

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value))

/**
 * A copy of the config that adds the dotted path of each key to `read` when its value is first taken. Printing it reads nothing.
 * Plain properties, not a Proxy: a proxy cannot be cloned or sent to a worker.
 */
export const watchedConfig = <T extends Record<string, unknown>>(config: T, read: Set<string>, prefix = ''): T => {
  if (!isPlain(config)) return config
  const watched = Object.create(Object.getPrototypeOf(config)) as T
  const current = new Map<string, unknown>()
  for (const [key, value] of Object.entries(config)) {
    const path = `${prefix}${key}`
    current.set(key, isPlain(value) ? watchedConfig(value, read, `${path}.`) : value)
    Object.defineProperty(watched, key, {
      enumerable: true,
      configurable: true,
      get: () => {
        read.add(path)
        return current.get(key)
      },
      set: (next: unknown) => void current.set(key, next),
    })
  }
  Object.defineProperty(watched, inspect.custom, {
    enumerable: false,
    value: () => Object.fromEntries(current),
  })
  return watched
}
