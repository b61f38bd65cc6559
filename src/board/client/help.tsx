// The keys, on a sheet that ? opens and any other key closes.
// Not what they do: app.tsx.
const keys: readonly (readonly [string, string])[] = [
  ['/', 'search'],
  ['j  k', 'next run, previous run'],
  ['x', 'choose the run; among charts: hide it, show it'],
  ['b', 'measure all others by this run, or by their own baselines again'],
  ['Enter', 'charts of the chosen runs, or of this one'],
  ['1  2  3', 'runs, charts, audit'],
  ['t', 'light, dark, as the system'],
  ['Esc', 'back; whole run where a chart is zoomed'],
  ['?', 'this sheet'],
]

export const Help = ({ close }: { readonly close: () => void }) => (
  <div class="sheet">
    <div role="dialog" aria-label="Keys">
      <h2>Keys</h2>
      <dl>
        {keys.map(([key, what]) => (
          <>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      <button type="button" onClick={close}>
        close
      </button>
    </div>
  </div>
)
