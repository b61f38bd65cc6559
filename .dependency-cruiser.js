// Who may import whom: the layers of gonogo, one row a room. Read by scripts/layers.ts.
// Tests beside the code may reach into any room, because they run real parts together.

/** What each room may import of ours, itself apart. A room that is missing here is refused. */
const rooms = {
  contract: [],
  tensor: [],
  data: ['contract', 'tensor'],
  experiment: ['contract', 'tensor', 'data'],
  checkpoint: ['contract'],
  engine: ['contract', 'checkpoint', 'tensor', 'experiment', 'data'],
  config: ['contract'],
  plan: ['contract'],
  preflight: ['contract', 'engine/engine.ts'],
  train: ['contract', 'engine/engine.ts', 'checkpoint'],
  record: ['contract', 'checkpoint'],
  decide: ['contract'],
  replay: ['contract', 'decide'],
  report: ['contract'],
  testing: ['contract', 'experiment', 'report', 'run.ts'],
  board: ['contract', 'record', 'report', 'decide', 'past.ts', 'savings.ts', 'comparison.ts'],
}

/** Files beside the rooms. */
const files = [
  'index',
  'run',
  'polled',
  'proxied',
  'pass',
  'loop',
  'sweep',
  'trials',
  'sweepPoll',
  'earlier',
  'past',
  'comparison',
  'savings',
  'result',
  'surroundings',
]

const tests = '[.](test|test-d|fixture)[.]ts$'
const escaped = (name) => name.replaceAll('.', '[.]')
const target = (name) => (name.includes('.') ? `${escaped(name)}$` : `${name}/`)

const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `${room}-imports`,
  comment: `${room} may import ${allowed.length === 0 ? 'nothing of ours' : allowed.join(', ')}`,
  severity: 'error',
  from: { path: `^src/${room}/`, pathNot: tests },
  to: { path: '^src/', pathNot: [room, ...allowed].map((name) => `^src/${target(name)}`) },
}))

export default {
  forbidden: [
    ...roomRules,
    {
      name: 'contract-imports-zod-only',
      severity: 'error',
      from: { path: '^src/contract/', pathNot: tests },
      to: { pathNot: ['^src/', '(^|/)node_modules/zod/'] },
    },
    {
      name: 'board-page-imports',
      comment: 'the page runs in a browser: types of view.ts, and what is pure',
      severity: 'error',
      from: { path: '^src/board/client/', pathNot: tests },
      to: {
        path: '^src/',
        pathNot: [
          '^src/board/client/',
          '^src/board/view[.]ts$',
          '^src/contract/json[.]ts$',
          '^src/report/numbers[.]ts$',
        ],
      },
    },
    {
      name: 'only-ends-join-stages',
      comment:
        'run.ts, with polled.ts, proxied.ts, loop.ts, sweep.ts, trials.ts, sweepPoll.ts, earlier.ts, past.ts, comparison.ts, savings.ts, result.ts and surroundings.ts, wires the stages; cli, board, testing and index.ts are the ways in',
      severity: 'error',
      from: { path: '^src/', pathNot: [tests, `^src/(${files.join('|')})[.]ts$`, '^src/(cli|board|testing)/'] },
      to: { path: '^src/[^/]+[.]ts$|^src/(cli|testing)/' },
    },
    {
      name: 'every-file-has-a-room',
      comment: 'code lies in rooms; a further file beside them needs to be named in .dependency-cruiser.js',
      severity: 'error',
      from: { path: '^src/[^/]+[.]ts$', pathNot: [tests, `^src/(${files.join('|')})[.]ts$`] },
      to: {},
    },
    {
      name: 'every-room-has-a-row',
      comment: 'a new folder under src/ needs a row in .dependency-cruiser.js',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: [tests, `^src/(${Object.keys(rooms).join('|')}|cli)/`] },
      to: {},
    },
    {
      name: 'no-cycles',
      // The gradient of a primitive is made of other primitives, theirs of it: that recursion is mathematics.
      comment: 'type-only imports are gone at run time and may point back',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/tensor/primitives/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'packages-declared',
      comment: 'what ships may import dependencies only',
      severity: 'error',
      // the page is bundled with what it imports
      from: { path: '^src/', pathNot: [tests, '^src/board/client/'] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/vitest/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['gonogo-source', 'types', 'import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.d.ts'],
    },
  },
}
