// The Plan: everything a run depends on, complete and frozen. Equal fingerprints mean: the same run.
import { z } from 'zod'
import { runFile } from './runFile.ts'
import { metric, task } from './task.ts'

/** sha256 over canonical JSON, one for each part that can change by itself; `whole` covers them all. */
export const fingerprint = z.strictObject({
  /** The experiment and every file of the project it loaded: path → sha256 of its bytes. */
  code: z.string(),
  /** Names and versions of the packages that were loaded, gonogo and the runtime among them. */
  packages: z.string(),
  /** The run file with every default, without `name`. */
  config: z.string(),
  /** Manifest of each split: sample count, shapes, dtypes, sha256 of the bytes. */
  data: z.string(),
  /** Engine, device, threads, platform, runtime versions: what bitwise equality depends on. */
  environment: z.string(),
  whole: z.string(),
})
export type Fingerprint = z.infer<typeof fingerprint>

export const sourceFile = z.object({ path: z.string(), sha256: z.string() })
export type SourceFile = z.infer<typeof sourceFile>

export const splitManifest = z.object({
  split: z.enum(['train', 'val', 'test']),
  samples: z.int(),
  fields: z.array(z.object({ name: z.string(), shape: z.array(z.int()), dtype: z.string() })),
  /** sha256 of the sample bytes, or of a manifest where the data is too large to read. */
  sha256: z.string(),
})
export type SplitManifest = z.infer<typeof splitManifest>

export const plan = z.strictObject({
  gonogo: z.literal(1),
  run: runFile,
  /** Absolute path of the experiment file. */
  experiment: z.string(),
  /** The project: the nearest folder above the run file with package.json, pyproject.toml or .git. runs/ lies in it. */
  folder: z.string(),
  task,
  /** Resolved: one of `metrics`. */
  objective: metric,
  metrics: z.array(metric),
  steps: z.int(),
  stepsPerEpoch: z.int(),
  /** Where each value of the run file came from: `path → file:line:column`, or `default`. */
  origins: z.record(z.string(), z.string()),
  code: z.array(sourceFile),
  packages: z.record(z.string(), z.string()),
  data: z.array(splitManifest),
  environment: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  fingerprint,
})
export type Plan = z.infer<typeof plan>
