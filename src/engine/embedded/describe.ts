// What an experiment declares: the JSON Schema of its config, its task and metrics. No data, no model, no runtime.
import { z } from 'zod'
import { GonogoError } from '../../contract/errors.ts'
import type { Description } from '../../contract/facts.ts'
import type { Metric, Task } from '../../contract/task.ts'
import type { Experiment } from '../../experiment/experiment.ts'

/** The zod object of an experiment's config; strict unless the experiment gave an object schema of its own. */
export const schemaOf = (experiment: Experiment): z.ZodType => {
  const { config } = experiment
  return config instanceof z.ZodType || '_zod' in config ? (config as unknown as z.ZodType) : z.strictObject(config)
}

export const describe = (experiment: Experiment, config: Record<string, unknown>): Description => {
  const schema = schemaOf(experiment)
  const metrics = metricsOf(experiment.task, [])
  const result = schema.safeParse(config)
  return {
    schema: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>,
    task: plainTask(experiment.task),
    metrics,
    objective: objectiveOf(experiment.task),
    // what JSON Schema can say is checked against it, with better words
    issues: (result.error?.issues ?? [])
      .filter(({ code }) => code === 'custom')
      .map(({ path, message }) => ({
        path: path.map((key) => (typeof key === 'symbol' ? String(key) : key)),
        message,
      })),
  }
}

/** The config that the experiment's functions receive: checked once more by the schema itself, transforms applied. */
export const configOf = (experiment: Experiment, config: Record<string, unknown>): Record<string, unknown> => {
  const result = schemaOf(experiment).safeParse(config)
  if (result.success) return result.data as Record<string, unknown>
  const issue = result.error.issues[0]
  throw new GonogoError('CONFIG_VALUE', issue?.message ?? 'the config is not valid', {
    where: ['config', ...(issue?.path ?? [])].join('.'),
  })
}

const plainTask = (task: Task): Task => structuredClone(Object.fromEntries(Object.entries(task))) as Task

/** Metrics of the validation and test splits. Every task has a loss, and the loss is better when it is lower. */
export const metricsOf = (task: Task, terms: readonly string[]): Metric[] => {
  const own: [string, Metric['direction']][] = [['loss', 'min']]
  if (task.kind === 'classification') own.push(['accuracy', 'max'])
  for (const term of terms) own.push([term, 'min'])
  return ['val', 'test'].flatMap((split) => own.map(([name, direction]) => ({ name: `${split}_${name}`, direction })))
}

export const objectiveOf = (task: Task): string => (task.kind === 'classification' ? 'val_accuracy' : 'val_loss')
