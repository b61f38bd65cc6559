// Steps a second of the MNIST CNN of the guide: `node src/tensor/speed.bench.ts [threads] [seconds] [profile prefix]`.
// A measurement for this room; the comparison with peers is in bench/.
import { initialise, openSession, traceTraining, type Values } from './compile.ts'
import { loss, nn, optim, type Tensor } from './index.ts'

const [threads = '2', seconds = '4', profile] = process.argv.slice(2)
const width = 16
const batch = 128
const stage = (from: number, to: number) =>
  nn.sequential(nn.conv2d(from, to, 3, { padding: 1, bias: false }), nn.batchNorm2d(to), nn.relu, nn.maxPool2d(2))
const model = nn.module(
  {
    stage1: stage(1, width),
    stage2: stage(width, 2 * width),
    dropout: nn.dropout(0.25),
    head: nn.linear(2 * width * 49, 10),
  },
  (m, x: Tensor<4>) => m.head(m.dropout(m.stage2(m.stage1(x)).flatten(1))),
)
const trace = () =>
  traceTraining({
    model,
    loss: ({ input, label }: { input: Tensor<4>; label: Tensor<1, 'int32'> }) => ({
      crossEntropy: loss.crossEntropy(model(input), label),
    }),
    optimizer: optim.adamw({ learningRate: 2e-3, weightDecay: 0.01 }),
    inputs: { input: { shape: [batch, 1, 28, 28], dtype: 'float32' }, label: { shape: [batch], dtype: 'int32' } },
    regularise: true,
    observe: { gradients: false },
  })
const firstTrace = performance.now()
trace()
const secondTrace = performance.now()
const program = trace()
const traced = performance.now()
const session = await openSession(program, { threads: Number(threads), ...(profile ? { profile } : {}) })
const opened = performance.now()

const feeds = new Map<string, Values>()
const initial = initialise(model, 0)
for (const { name, feed, shape } of program.state) {
  feeds.set(feed, initial.get(name) ?? new Float32Array(shape.reduce((a, b) => a * b, 1)))
}
feeds.set(
  'input',
  Float32Array.from({ length: batch * 784 }, (_, i) => Math.sin(i * 12.9898) * 2),
)
feeds.set(
  'label',
  Int32Array.from({ length: batch }, (_, i) => i % 10),
)
feeds.set('learning_rate', Float32Array.of(2e-3))
feeds.set('seed', Uint32Array.of(0, 0))
feeds.set(
  'sample_ids',
  Uint32Array.from({ length: batch }, (_, i) => i),
)
const times: number[] = []
const losses: number[] = []
const cpu = process.cpuUsage()
for (let step = 0, start = performance.now(); performance.now() - start < Number(seconds) * 1000; step++) {
  feeds.set('step', Uint32Array.of(step))
  const before = performance.now()
  const results = await session.run(feeds)
  for (const { feed, fetch } of program.state) if (fetch) feeds.set(feed, results.get(fetch)!)
  times.push(performance.now() - before)
  losses.push(results.get('loss')![0]!)
}
const used = process.cpuUsage(cpu)
await session.close()
times.sort((a, b) => a - b)
console.log(
  JSON.stringify({
    threads: Number(threads),
    bestMs: Number(times[0]!.toFixed(2)),
    medianMs: Number(times[times.length >> 1]!.toFixed(2)),
    // processor time is steadier than the clock on a busy machine; with several threads it counts their spinning
    cpuMsPerStep: Number(((used.user + used.system) / 1000 / times.length).toFixed(2)),
    steps: times.length,
    firstTraceMs: Number((secondTrace - firstTrace).toFixed(1)),
    traceMs: Number((traced - secondTrace).toFixed(1)),
    openMs: Number((opened - traced).toFixed(1)),
    nodes: program.nodes,
    losses: [losses[0], losses[10], losses.at(-1)],
  }),
)
