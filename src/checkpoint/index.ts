// The public list of the checkpoint room. faultyDisk.ts is for tests and not in it.
// It holds no engine and no run: record/ and train/ build on it.
export {
  type Disk,
  type DiskFile,
  type Entry,
  makeFolderSynced,
  nodeDisk,
  readBytes,
  replaceFile,
  withFile,
  writeSynced,
} from './disk.ts'
export { bytesInWords, diskFull, isDiskFull, orDiskFull } from './diskFull.ts'
export type { KeptAs, Objective } from './retention.ts'
export {
  type LoadedTensor,
  readSafetensors,
  readSafetensorsHeader,
  type Safetensors,
  type SavedTensor,
  writeSafetensors,
} from './safetensors.ts'
export type { Header, HeaderTensor } from './safetensorsHeader.ts'
export {
  type Checkpoints,
  type KeptCheckpoint,
  openStore,
  type PassedOver,
  readStore,
  type SaveAt,
  type Saved,
  type Store,
  type StoreOptions,
  type Verified,
} from './store.ts'
export type { Dtype, TensorData } from './tensorData.ts'
