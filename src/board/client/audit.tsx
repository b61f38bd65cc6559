// The audit: how often a stop verdict was wrong, with its interval and counts, and what was saved in all.
// Not an estimate: it counts runs that went on to their end against the advice.
import { useEffect, useState } from 'preact/hooks'
import { count, duration, measure } from '../../report/numbers.ts'
import type { AuditView } from '../view.ts'
import { askAudit } from './api.ts'

const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`

const Rate = ({ audit }: { readonly audit: AuditView }) => {
  const { verdicts, wrong, interval } = audit
  if (verdicts === 0)
    return (
      <p class="rate">
        <b>not measured yet</b>
        <span class="muted">
          No run has gone on to its end after a stop verdict of the benchmark rule. Under <code>mode: advise</code>{' '}
          every one does; under <code>mode: stop</code> a drawn share of them (<code>stop.benchmark.audit</code>).
        </span>
      </p>
    )
  const x = (share: number) => 100 * share
  return (
    <div class="rate">
      <b>{percent(wrong / verdicts)}</b>
      <span>{new Map(audit.sentences).get('audit')}</span>
      <svg
        class="track"
        viewBox="0 0 100 8"
        preserveAspectRatio="none"
        role="img"
        aria-label="share of false stops with its interval"
      >
        <rect class="ground" x="0" y="3" width="100" height="2" />
        <rect
          class="spread"
          x={x(interval[0])}
          y="1"
          width={Math.max(0.4, x(interval[1]) - x(interval[0]))}
          height="6"
        />
        <rect class="middle" x={x(wrong / verdicts) - 0.3} y="0" width="0.6" height="8" />
      </svg>
      <p class="muted scale">
        <span>0%</span>
        <span>100%</span>
      </p>
    </div>
  )
}

/** `version`: changes when any run has changed. */
export const Audit = ({ version, open }: { readonly version: string; readonly open: (run: string) => void }) => {
  const [audit, setAudit] = useState<AuditView | null>(null)
  const [fault, setFault] = useState<string | null>(null)
  useEffect(() => {
    let over = false
    askAudit().then(
      (found) => {
        if (!over) setAudit(found)
      },
      (error: Error) => {
        if (!over) setFault(error.message)
      },
    )
    return () => {
      over = true
    }
  }, [version])
  if (audit === null) return <p class="muted pad">{fault ?? ''}</p>
  return (
    <div class="panels page">
      <section class="panel wide">
        <h2>False stops of the benchmark rule</h2>
        <Rate audit={audit} />
      </section>
      {audit.audited.length === 0 ? null : (
        <section class="panel wide">
          <h2>Verdicts that were not obeyed</h2>
          <div class="scroll flat">
            <table class="plain">
              <thead>
                <tr>
                  <th>run</th>
                  <th>verdict</th>
                  <th class="num">stop at</th>
                  <th class="num">needed</th>
                  <th class="num">reached</th>
                  <th>metric</th>
                </tr>
              </thead>
              <tbody>
                {audit.audited.map((a) => (
                  <tr key={a.run}>
                    <td>
                      <button type="button" class="link" onClick={() => open(a.run)}>
                        {a.run}
                      </button>
                    </td>
                    <td class={a.isWrong ? 'warn' : 'go'}>{a.isWrong ? '✕ wrong' : '✓ right'}</td>
                    <td class="num">
                      {count(a.step)} of {count(a.steps)}
                    </td>
                    <td class="num">{measure(a.goal)}</td>
                    <td class="num">{measure(a.best)}</td>
                    <td>{a.objective}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
      <section class="panel wide">
        <h2>
          {audit.net >= 0 ? 'Saved' : 'Spent'}{' '}
          <b class={audit.net >= 0 ? 'go' : 'warn'}>{duration(Math.abs(audit.net))}</b>
        </h2>
        <dl>
          {audit.sentences.slice(0, -1).map(([label, sentence]) => (
            <>
              <dt>{label}</dt>
              <dd>{sentence}</dd>
            </>
          ))}
        </dl>
      </section>
      {audit.stopped.length === 0 ? null : (
        <section class="panel wide">
          <h2>Runs that a rule stopped</h2>
          <div class="scroll flat">
            <table class="plain">
              <tbody>
                {audit.stopped.map((s) => (
                  <tr key={s.run}>
                    <td>
                      <button type="button" class="link" onClick={() => open(s.run)}>
                        {s.run}
                      </button>
                    </td>
                    <td class="warn">{s.reason}</td>
                    <td>{s.sentence}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </div>
  )
}
