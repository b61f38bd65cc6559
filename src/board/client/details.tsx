// What belongs to chosen runs beside their curves: verdict, forecast, decisions as they were said, findings, differences.
// Not their wording, which the server took from the reports.
import { useState } from 'preact/hooks'
import { count, duration, measure, none } from '../../report/numbers.ts'
import type { Detail, Difference, Row, ShownFinding } from '../view.ts'
import { Delta, Progress, State } from './words.tsx'

const tones: Record<ShownFinding['status'], string> = {
  GO: 'go',
  WARN: 'warn',
  'NO-GO': 'no-go',
  SKIPPED: 'muted',
  WAIVED: 'warn',
}
const severity = (f: ShownFinding): number => ['NO-GO', 'WARN', 'WAIVED', 'GO', 'SKIPPED'].indexOf(f.status)

const Fact = ({ name, text }: { readonly name: string; readonly text: string | null }) =>
  text === null || text === '' ? null : (
    <>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </>
  )

const Finding = ({ f }: { readonly f: ShownFinding }) => (
  <details class={`finding ${tones[f.status]}`} open={f.status === 'NO-GO'}>
    <summary>
      <b class={tones[f.status]}>{f.status === 'SKIPPED' ? 'SKIP' : f.status}</b>
      <abbr title={f.word}>{f.check}</abbr>
      <span>{f.title}</span>
    </summary>
    <dl>
      <Fact name="where" text={f.where} />
      <Fact name="seen" text={f.seen} />
      <Fact name="expected" text={f.expected} />
      <Fact name="cause" text={f.cause} />
      <Fact name="try" text={f.advice} />
    </dl>
  </details>
)

const mostWaived = 6

const Findings = ({ detail }: { readonly detail: Detail }) => {
  const [all, setAll] = useState(false)
  const { poll } = detail
  if (poll === null) return null
  const sorted = poll.findings.toSorted((a, b) => severity(a) - severity(b))
  const wrong = sorted.filter((f) => severity(f) < 3)
  // waived by the dozen, they hide what is wrong
  const loud = wrong.filter((f, i) => f.status !== 'WAIVED' || i < mostWaived)
  const shown = all ? sorted : loud
  return (
    <section class="panel">
      <h2>
        Preflight <b class={poll.verdict === 'GO' ? 'go' : 'no-go'}>{poll.verdict}</b>{' '}
        <span class="muted">
          {poll.findings.length} checks, {poll.seconds.toFixed(1)} s
        </span>
        <a href={`/preflight/${encodeURIComponent(detail.run)}`} target="_blank" rel="noreferrer">
          with pictures
        </a>
      </h2>
      {shown.map((f, i) => (
        // a check that was asked of two models stands here twice
        <Finding key={`${f.check} ${i} ${all}`} f={f} />
      ))}
      {sorted.length > loud.length ? (
        <button type="button" class="more" onClick={() => setAll(!all)}>
          {all ? 'only what is wrong' : `${loud.length === 0 ? 'all' : 'the other'} ${sorted.length - loud.length}`}
        </button>
      ) : null}
    </section>
  )
}

type Decision = Detail['decisions'][number]

/** Where a run stands is told at each evaluation; it asks for nothing. */
const isStanding = ({ reason }: Decision): boolean => reason === 'baseline'

const wordOf = (d: Decision): string =>
  isStanding(d) ? 'stands' : d.action === 'advise' ? 'STOP advised' : d.action === 'stop' ? 'STOP' : 'goes on'

const numberWord = (value: number): string => (Number.isInteger(value) ? count(value) : measure(value))

const Said = ({ d }: { readonly d: Decision }) => (
  <li>
    <b class={isStanding(d) || d.action === 'go-on' ? 'muted' : 'warn'}>{wordOf(d)}</b>
    <span class="muted">
      {' '}
      step {count(d.step)} · {d.reason}
    </span>
    <p>{d.sentence}</p>
    <details class="numbers">
      <summary>its numbers</summary>
      {d.numbers.map(([name, value]) => (
        <span key={name}>
          {name} <b>{numberWord(value)}</b>
        </span>
      ))}
    </details>
  </li>
)

/** The first verdict, the latest, and where the run stands now; what lies between is one press away. */
const Decisions = ({ detail }: { readonly detail: Detail }) => {
  const [all, setAll] = useState(false)
  const { decisions } = detail
  if (decisions.length === 0) return null
  const verdicts = decisions.filter((d) => !isStanding(d))
  const telling = new Set([verdicts[0], verdicts.at(-1), decisions.findLast(isStanding)])
  const shown = all ? decisions : decisions.filter((d) => telling.has(d))
  return (
    <section class="panel">
      <h2>
        Stop decisions <span class="muted">{verdicts.length === 0 ? 'no verdict' : count(verdicts.length)}</span>
      </h2>
      <ol class="decisions">
        {shown.map((d) => (
          <Said key={`${d.step} ${d.reason}`} d={d} />
        ))}
      </ol>
      {decisions.length > telling.size || all ? (
        <button type="button" class="more" onClick={() => setAll(!all)}>
          {all ? 'the telling ones' : `all ${decisions.length}`}
        </button>
      ) : null}
    </section>
  )
}

/** The interval as a track, what came as a mark on it. */
const Forecast = ({ detail }: { readonly detail: Detail }) => {
  const { forecast } = detail
  if (forecast === null) return null
  const { low, middle, high, actual } = forecast
  const end = 1.1 * Math.max(high, actual ?? 0, 1e-9)
  const x = (seconds: number) => (100 * seconds) / end
  const isOver = actual !== null && actual > high
  return (
    <section class="panel">
      <h2>Forecast against actual</h2>
      <p>
        foretold <b>{duration(middle)}</b>{' '}
        <span class="muted">
          ({duration(low)}–{duration(high)})
        </span>
        ,{' '}
        {actual === null ? (
          <span class="muted">not ended yet</span>
        ) : (
          <>
            took <b class={isOver ? 'warn' : ''}>{duration(actual)}</b>
          </>
        )}
      </p>
      <svg
        class="track"
        viewBox="0 0 100 8"
        preserveAspectRatio="none"
        role="img"
        aria-label="forecast interval and actual time"
      >
        <rect class="ground" x="0" y="3" width="100" height="2" />
        <rect class="spread" x={x(low)} y="1" width={Math.max(0.5, x(high) - x(low))} height="6" />
        <rect class="middle" x={x(middle) - 0.3} y="1" width="0.6" height="6" />
        {actual === null ? null : <rect class="actual" x={x(actual) - 0.4} y="0" width="0.8" height="8" />}
      </svg>
    </section>
  )
}

const About = ({ row, detail }: { readonly row: Row | undefined; readonly detail: Detail }) => (
  <section class="panel">
    <h2>Run</h2>
    <dl>
      <Fact name="runs on" text={detail.about} />
      <Fact name="state" text={detail.why} />
      {detail.last.length === 0 ? null : (
        <Fact name="last" text={detail.last.map(([name, value]) => `${name} ${measure(value)}`).join(', ')} />
      )}
      {detail.best === null ? null : (
        <Fact
          name="best"
          text={`step ${count(detail.best.step)}${detail.best.checkpoint === null ? '' : `, kept as ${detail.best.checkpoint}`}`}
        />
      )}
      {row?.against == null ? null : (
        <Fact
          name="baseline"
          text={
            row.against.kind === 'apart'
              ? `${row.against.name}: ${row.against.why}`
              : `${row.against.name}, ${row.against.seeds} seed${row.against.seeds === 1 ? '' : 's'}${row.against.spread === null ? '' : `, spread ${measure(row.against.spread)}`}`
          }
        />
      )}
      {detail.resumes.map(({ fromStep, again }) => (
        <Fact
          key={fromStep}
          name="resumed"
          text={`from step ${count(fromStep)}${again === 0 ? '' : `; ${count(again)} steps after it had been recorded, and were trained again`}`}
        />
      ))}
      {detail.warnings.map((warning) => (
        <Fact key={warning} name="warned" text={warning} />
      ))}
    </dl>
  </section>
)

/** The verdict and where it stands, before any curve. */
export const Verdict = ({ row }: { readonly row: Row }) => (
  <div class="verdict">
    <State state={row.state} why={row.why} />
    <Progress row={row} />
    <span>
      {row.objective?.name ?? ''} <b>{row.objective?.best == null ? none : measure(row.objective.best)}</b>
    </span>
    {row.against === null ? null : (
      <span>
        <Delta against={row.against} /> <span class="muted">{row.against.name}</span>
      </span>
    )}
    {row.word === null ? null : <span class={row.state === 'no-go' ? 'no-go word' : 'warn word'}>{row.word}</span>}
  </div>
)

export const Details = ({ row, detail }: { readonly row: Row | undefined; readonly detail: Detail }) => (
  <div class="panels">
    <Decisions detail={detail} />
    <Findings detail={detail} />
    <Forecast detail={detail} />
    <About row={row} detail={detail} />
  </div>
)

export const Differences = ({
  runs,
  differences,
}: {
  readonly runs: readonly string[]
  readonly differences: readonly Difference[]
}) => (
  <section class="panel wide">
    <h2>Config differences</h2>
    {differences.length === 0 ? (
      <p class="muted">none: run files, code, packages, data and environment are the same</p>
    ) : (
      <div class="scroll flat">
        <table class="plain">
          <thead>
            <tr>
              <th>key</th>
              {runs.map((run) => (
                <th key={run}>{run}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {differences.map(({ key, values }) => (
              <tr key={key}>
                <th>{key}</th>
                {values.map((value, i) => (
                  <td key={runs[i]}>{value ?? none}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
)
