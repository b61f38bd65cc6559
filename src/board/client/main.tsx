// Puts the board into the page.
// Nothing else starts here.
import { render } from 'preact'
import 'uplot/dist/uPlot.min.css'
import './base.css'
import './table.css'
import './charts.css'
import './panels.css'
import { App } from './app.tsx'

const place = document.getElementById('board')
if (place !== null) render(<App />, place)
