// Two tiers: the small model that a run file declares, and the large one that will train. Opens the small one as the run opens the
// large, and joins what is known of both. Which checks are asked of which is preflight's.
import { checkValue, type LoadedRun } from './config/index.ts'
import { type Dependencies, type Description, GonogoError, type Plan } from './contract/index.ts'
import type { Engine } from './engine/index.ts'
import { makePlan, openRequest } from './plan/index.ts'
import { type Polling, weightBytes } from './preflight/index.ts'

type Config = Record<string, unknown>

const isMap = (value: unknown): value is Config => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Maps merge, everything else is replaced, as in a run file that extends another. */
export const overlaid = (config: Config, overlay: Config): Config => ({
  ...config,
  ...Object.fromEntries(
    Object.entries(overlay).map(([key, value]) => {
      const own = Object.hasOwn(config, key) ? config[key] : undefined
      return [key, isMap(own) && isMap(value) ? overlaid(own, value) : value]
    }),
  ),
})

/** The config of the small model. Throws PROXY_CONFIG where it is none that the experiment takes. */
export const proxyConfig = ({ run }: Pick<Plan, 'run'>, { schema }: Pick<Description, 'schema'>): Config => {
  const overlay = run.preflight.proxy?.config ?? {}
  const config = overlaid(run.config, overlay)
  const [issue] = schema === null ? [] : checkValue(schema, config)
  if (issue)
    throw new GonogoError('PROXY_CONFIG', 'the experiment does not take this proxy', {
      where: `preflight.proxy.config.${issue.path.join('.')}`,
      seen: issue.message,
      expected: 'keys of config, with the values that make the model small',
    })
  return config
}

export type Proxy = Pick<Polling, 'plan' | 'facts' | 'request'> & {
  /** `layers: 2, 0.29 of 1550 million parameters`. */
  readonly words: string
  readonly loadSeconds: number
}

/** Opens the small model once, for its facts and its plan. */
export const proxyOf = async (
  { engine, plan, description, loaded, file }: ProxyOf,
  full: Polling['facts'],
): Promise<Proxy> => {
  const config = proxyConfig(plan, description)
  const began = performance.now()
  const opening = await engine.open({ ...openRequest(plan), config }, 'quick')
  await opening[Symbol.asyncDispose]()
  const { facts } = opening
  if (weightBytes(facts) >= weightBytes(full))
    throw new GonogoError('PROXY_NOT_SMALLER', 'the proxy is no smaller than the model that it stands for', {
      where: 'preflight.proxy.config',
      seen: `${weightBytes(facts)} bytes of weights against ${weightBytes(full)}`,
      expected: 'fewer or smaller layers of the same code',
      try: 'set the key of config that says how many layers there are',
    })
  const { experiment, folder } = plan
  const made = makePlan({
    run: { ...plan.run, config },
    config,
    file,
    folder,
    experiment,
    description,
    facts,
    origins: loaded.origins,
  })
  const overlay = Object.entries(plan.run.preflight.proxy?.config ?? {}).map(([key, value]) => `${key}: ${said(value)}`)
  return {
    plan: made,
    facts,
    request: (o) => openRequest(made, o),
    words: `proxy ${overlay.join(', ')}: ${size(weightBytes(facts))} of ${size(weightBytes(full))} of weights`,
    loadSeconds: (performance.now() - began) / 1000,
  }
}

type ProxyOf = {
  readonly engine: Engine
  readonly plan: Plan
  readonly description: Description
  readonly loaded: Pick<LoadedRun, 'origins'>
  readonly file: string
}

const said = (value: unknown): string => (isMap(value) ? JSON.stringify(value) : String(value))

const size = (bytes: number): string =>
  bytes >= 1e9 ? `${Number((bytes / 1e9).toPrecision(3))} GB` : `${Number((bytes / 1e6).toPrecision(2))} MB`

/** What either has loaded or read; null where one of them does not tell. */
export const joinedDependencies = (tiers: readonly (Dependencies | null)[]): Dependencies | null => {
  if (tiers.length === 0 || tiers.includes(null)) return null
  const known = tiers.filter((one) => one !== null)
  const code = new Map(known.flatMap((one) => one.code.map((file) => [file.path, file] as const)))
  const files = known.map((one) => one.files)
  return {
    code: [...code.values()],
    files: files.includes(null) ? null : [...new Set(files.flatMap((one) => one ?? []))],
  }
}
