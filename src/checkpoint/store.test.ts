// The store as its users meet it: saving, finding, falling back past damage, rebuilding its index, a full disk.
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type GonogoError, toJson } from '../contract/index.ts'
import { nodeDisk } from './disk.ts'
import { openStore, readPointer, readStore, type Store, type StoreOptions } from './store.ts'

let root = ''
let dir = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gonogo-store-'))
  dir = join(root, 'checkpoints')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const options: StoreOptions = {
  keep: { latest: 2, best: 1, top: 0 },
  objective: { name: 'val_loss', direction: 'min' },
}
const fill = (text: string) => (staging: string) => {
  mkdirSync(join(staging, 'inner'))
  writeFileSync(join(staging, 'model.safetensors'), text)
  writeFileSync(join(staging, 'inner', 'state.json'), text)
  return Promise.resolve()
}
const save = (store: Store, step: number, val_loss = 1) =>
  store.save({ step, epoch: 1, metrics: { val_loss } }, fill(`weights ${step}`))
const steps = async (store: Store) => (await store.list()).map(({ checkpoint }) => checkpoint.step)

describe('save', () => {
  test('says what was kept and removed, and finds it again', async () => {
    const store = await openStore(dir, options)
    expect(await store.newestIntact()).toEqual({ record: null, passedOver: [] })
    const first = await save(store, 10, 0.5)
    expect(first).toMatchObject({ keptAs: ['latest', 'best'], removed: [], notRemoved: [] })
    expect(first.checkpoint).toMatchObject({ name: 'step-00000010', step: 10, epoch: 1, bytes: 20 })
    await save(store, 20, 0.7)
    await save(store, 30, 0.6)
    const last = await save(store, 40, 0.8)
    expect(last).toMatchObject({ keptAs: ['latest'], removed: ['step-00000020'] })
    expect(await steps(store)).toEqual([10, 30, 40])
    expect((await store.find('best'))?.step).toBe(10)
    expect((await store.find('latest'))?.step).toBe(40)
    expect(await store.find('step-00000030')).toMatchObject({ step: 30 })
    expect(await store.find('step-00000020')).toBeNull()
    expect(readFileSync(join(dir, 'best'), 'utf8')).toBe('step-00000010\n')
    expect(readdirSync(dir)).toEqual([
      'best',
      'index.json',
      'latest',
      'step-00000010',
      'step-00000030',
      'step-00000040',
    ])
    expect(readFileSync(join(store.path('step-00000040'), 'inner', 'state.json'), 'utf8')).toBe('weights 40')
  })

  test('the same step again gets a name of its own and is the latest', async () => {
    const store = await openStore(dir, options)
    await save(store, 10)
    await save(store, 20)
    expect((await save(store, 10)).checkpoint.name).toBe('step-00000010-2')
    expect((await store.find('latest'))?.name).toBe('step-00000010-2')
  })

  test('metrics keep NaN, infinity and __proto__ through manifest and index', async () => {
    const metrics = JSON.parse('{"__proto__":3}') as Record<string, number>
    const { checkpoint } = await (await openStore(dir, options)).save(
      { step: 1, epoch: 0, metrics: { ...metrics, val_loss: Number.NaN, other: -Infinity } },
      fill('x'),
    )
    for (const rebuilt of [false, true]) {
      if (rebuilt) rmSync(join(dir, 'index.json'))
      const found = await readStore(dir, options).find('latest')
      expect(Object.entries(found?.metrics ?? {})).toEqual([
        ['__proto__', 3],
        ['val_loss', Number.NaN],
        ['other', -Infinity],
      ])
      expect(found?.manifest).toBe(checkpoint.manifest)
    }
  })

  test('what fails while it is written leaves nothing and the next save works', async () => {
    const store = await openStore(dir, options)
    await save(store, 10)
    const failing = store.save({ step: 20, epoch: 1, metrics: {} }, async (staging) => {
      await fill('half')(staging)
      throw new Error('the worker died')
    })
    await expect(failing).rejects.toThrow('the worker died')
    expect(readdirSync(dir)).toEqual(['best', 'index.json', 'latest', 'step-00000010'])
    await save(store, 20)
    expect(await steps(store)).toEqual([10, 20])
  })

  test('a link in a checkpoint is refused', async () => {
    const store = await openStore(dir, options)
    const linking = store.save({ step: 1, epoch: 0, metrics: {} }, (staging) => {
      symlinkSync('/etc/hostname', join(staging, 'model.safetensors'))
      return Promise.resolve()
    })
    await expect(linking).rejects.toThrow('files and folders only, not model.safetensors')
  })

  test('saves asked for at once happen one after the other', async () => {
    const store = await openStore(dir, { ...options, keep: { latest: 9, best: 1, top: 0 } })
    await Promise.all([1, 2, 3, 4].map((step) => save(store, step)))
    expect(await steps(store)).toEqual([1, 2, 3, 4])
  })

  test('a process that lost the run publishes nothing', async () => {
    const store = await openStore(dir, { ...options, guard: () => Promise.reject(new Error('taken over')) })
    await expect(save(store, 10)).rejects.toThrow('taken over')
    expect(readdirSync(dir)).toEqual([])
  })
})

describe('a damaged newest checkpoint falls back to the one before, with the reason', () => {
  const weights = (name: string) => join(dir, name, 'model.safetensors')
  const flip = (path: string) => {
    const bytes = readFileSync(path)
    bytes[3] = (bytes[3] ?? 0) ^ 4
    writeFileSync(path, bytes)
  }
  const newest = 'step-00000020'
  test.each<[string, () => void, RegExp]>([
    ['a flipped bit', () => flip(weights(newest)), /model\.safetensors changed after it was saved/],
    ['a cut file', () => truncateSync(weights(newest), 3), /model\.safetensors holds 3 bytes, 10 were saved/],
    ['a missing file', () => rmSync(weights(newest)), /model\.safetensors is missing/],
    ['a file in an inner folder', () => flip(join(dir, newest, 'inner', 'state.json')), /inner\/state\.json changed/],
    [
      'a file that is not listed',
      () => writeFileSync(join(dir, newest, 'optimizer.bin'), ''),
      /optimizer\.bin is not in the manifest/,
    ],
    [
      'a link in place of a file',
      () => {
        rmSync(weights(newest))
        symlinkSync(weights('step-00000010'), weights(newest))
      },
      /model\.safetensors is missing/,
    ],
    ['no manifest', () => rmSync(join(dir, newest, 'manifest.json')), /manifest\.json is missing/],
    ['an empty manifest', () => truncateSync(join(dir, newest, 'manifest.json'), 0), /manifest\.json is torn/],
    [
      'a manifest that was edited',
      () => {
        const path = join(dir, newest, 'manifest.json')
        writeFileSync(path, readFileSync(path, 'utf8').replace('"epoch": 1', '"epoch": 7'))
      },
      /manifest\.json changed after it was saved/,
    ],
    [
      'a manifest of a newer gonogo',
      () => writeFileSync(join(dir, newest, 'manifest.json'), '{"gonogo":2}'),
      /format 2, which a newer gonogo wrote/,
    ],
  ])('%s', async (_, damage, reason) => {
    const store = await openStore(dir, options)
    await save(store, 10)
    await save(store, 20)
    damage()
    const check = async (s: Pick<Store, 'newestIntact'>) => {
      const { record, passedOver } = await s.newestIntact()
      expect(record?.step).toBe(10)
      expect(passedOver).toEqual([{ name: newest, reason: expect.stringMatching(reason) }])
    }
    await check(store)
    await check(await openStore(dir, options))

    // A resume sets it aside: from then on it is neither latest nor best, and its name is free no more.
    await store.setAside(newest)
    expect((await store.find('latest'))?.step).toBe(10)
    expect(existsSync(join(dir, `damaged-${newest}`))).toBe(true)
    expect((await save(store, 20)).checkpoint.name).toBe(`${newest}-2`)
    expect((await store.newestIntact()).passedOver).toEqual([])
  })

  test('all of them damaged', async () => {
    const store = await openStore(dir, options)
    await save(store, 10)
    await save(store, 20)
    for (const name of ['step-00000010', newest]) flip(weights(name))
    const { record, passedOver } = await store.newestIntact()
    expect(record).toBeNull()
    expect(passedOver.map((p) => p.name)).toEqual([newest, 'step-00000010'])
  })

  test('files that a file browser leaves behind are no damage', async () => {
    const store = await openStore(dir, options)
    await save(store, 10)
    writeFileSync(join(dir, 'step-00000010', '.DS_Store'), 'x')
    expect(await store.verify('step-00000010')).toEqual({ intact: true })
  })
})

describe('the index', () => {
  test.each<[string, (path: string) => void]>([
    ['missing', (path) => rmSync(path)],
    ['torn', (path) => truncateSync(path, 40)],
    ['empty', (path) => truncateSync(path, 0)],
    [
      'edited, so that another checkpoint looks best',
      (path) => writeFileSync(path, readFileSync(path, 'utf8').replace('0.9', '0.1')),
    ],
    ['of another run', (path) => writeFileSync(path, toJson({ gonogo: 1, checkpoints: [], sha256: '' }))],
  ])('%s: rebuilt from the folders', async (_, damage) => {
    const store = await openStore(dir, options)
    await save(store, 10, 0.5)
    await save(store, 20, 0.9)
    const before = readFileSync(join(dir, 'index.json'), 'utf8')
    damage(join(dir, 'index.json'))
    expect((await readStore(dir, options).find('best'))?.step).toBe(10)
    await openStore(dir, options)
    expect(readFileSync(join(dir, 'index.json'), 'utf8')).toBe(before)
  })

  test('hostile names in an index reach no other folder', async () => {
    await openStore(dir, options)
    writeFileSync(join(root, 'precious'), 'keep me')
    mkdirSync(join(dir, '..', 'other'))
    for (const name of ['../precious', '../other', '/etc', 'step-1', '__proto__']) {
      const store = readStore(dir, options)
      await expect(store.verify(name)).rejects.toMatchObject({ code: 'CHECKPOINT_NAME' })
      expect(() => store.path(name)).toThrow('no name of a checkpoint')
      expect(await store.find(name)).toBeNull()
    }
    expect(existsSync(join(root, 'precious'))).toBe(true)
  })

  test('what dead saves left behind is cleared on opening, and a reader leaves it alone', async () => {
    await save(await openStore(dir, options), 10)
    for (const left of ['.staging-aabb', '.trash-step-00000005']) mkdirSync(join(dir, left))
    writeFileSync(join(dir, 'index.json.new'), '{')
    writeFileSync(join(dir, 'notes.txt'), 'mine')
    await readStore(dir, options).newestIntact()
    expect(readdirSync(dir)).toContain('.staging-aabb')
    await openStore(dir, options)
    expect(readdirSync(dir)).toEqual(['best', 'index.json', 'latest', 'notes.txt', 'step-00000010'])
  })

  test('a pointer that leads elsewhere is not followed and is repaired', async () => {
    await save(await openStore(dir, options), 10)
    writeFileSync(join(dir, 'best'), '../../secret\n')
    expect(await readPointer(nodeDisk, dir, 'best')).toBeNull()
    await openStore(dir, options)
    expect(await readPointer(nodeDisk, dir, 'best')).toBe('step-00000010')
  })
})

describe('a full disk', () => {
  test('says what is needed, free, missing and intact; also when a worker says so in words', async () => {
    const store = await openStore(dir, { ...options, disk: { ...nodeDisk, free: () => Promise.resolve(5000) } })
    await save(store, 10)
    for (const cause of [
      Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
      new Error('OSError: [Errno 28] No space left on device'),
    ]) {
      const error = (await store
        .save({ step: 20, epoch: 1, metrics: {}, bytes: 2_000_000 }, () => Promise.reject(cause))
        .catch((e: unknown) => e)) as GonogoError
      expect(error.code).toBe('DISK_FULL')
      expect(error.message).toBe('the disk is full; the earlier checkpoint step-00000010 (step 10, 20 bytes) is intact')
      expect(error.seen).toBe('2.0 MB (2000000 bytes) needed, 5.0 kB (5000 bytes) free, 2.0 MB (1995000 bytes) missing')
      expect(await store.newestIntact()).toMatchObject({ record: { step: 10 }, passedOver: [] })
    }
  })

  // A real one: a file system of 256 kB in a mount namespace of its own, gone with its process.
  const unshare = (command: string) => spawnSync('unshare', ['-rm', 'sh', '-c', command], { encoding: 'utf8' })
  const canMount = process.platform === 'linux' && unshare('mount -t tmpfs tmpfs /mnt').status === 0
  test.runIf(canMount)('a real one', () => {
    mkdirSync(dir)
    const script = join(root, 'fill.ts')
    writeFileSync(
      script,
      `import { readdirSync, writeFileSync } from 'node:fs'
       import { openStore } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
       const store = await openStore(${JSON.stringify(join(dir, 'inside'))}, ${JSON.stringify(options)})
       const save = (step: number) => store.save({ step, epoch: 0, metrics: {} }, async (d) => writeFileSync(d + '/a', Buffer.alloc(150_000)))
       await save(1)
       const error = await save(2).catch((e) => e)
       const names = readdirSync(store.dir)
       console.log(JSON.stringify({ code: error.code, seen: error.seen, names, found: await store.newestIntact() }))`,
    )
    const child = unshare(`mount -t tmpfs -o size=256k tmpfs ${dir} && exec ${process.execPath} ${script}`)
    expect(child.stderr).toBe('')
    expect(JSON.parse(child.stdout)).toMatchObject({
      code: 'DISK_FULL',
      seen: expect.stringMatching(/^150 kB \(150000 bytes\) needed, .* free, .* missing$/),
      names: ['index.json', 'latest', 'step-00000001'],
      found: { record: { step: 1 }, passedOver: [] },
    })
  })
})
