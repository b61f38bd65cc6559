// Batch norm that is built without running statistics, so that it uses the batch's own in evaluation, too: what it mixes is said in the code.
// Not batch norm in training mode (V1, V2, D1).
import type { Facts } from '../contract/index.ts'

/** Names of such layers. */
export const withoutStatistics = ({ modules = [], tensors }: Pick<Facts, 'modules' | 'tensors'>): string[] => {
  const known = new Set(tensors.map(({ name }) => name))
  return modules
    .filter(({ traits }) => traits.includes('couplesBatch'))
    .map(({ name }) => name.replaceAll('_orig_mod.', ''))
    .filter((name) => !known.has(`${name}.running_mean`))
}

export const trackAdvice =
  'track_running_stats=True, unless scores of whole batches are meant; `couples_batch = True` declares it'
