/** How loud a recording is over its length, in few numbers (MSC3246 by way of MSC3245: integers up to 1024). */

export const WAVEFORM_MAX = 1024
/** As many as a message carries; drawn with fewer. */
const CARRIED = 100
/** Below this nobody spoke: it is not made to look like speech. */
const QUIET = 0.02

/** @param levels 0..1, evenly over the recording */
export function waveformOf(levels: readonly number[], bars = CARRIED): number[] {
  const most = Math.max(QUIET, ...peaks(levels, bars))
  return peaks(levels, bars).map((level) => Math.round((Math.max(0, level) / most) * WAVEFORM_MAX))
}

/** As many bars as there is room for, each 0..1. */
export function barsOf(waveform: readonly number[], bars: number): number[] {
  return peaks(waveform, bars).map((value) => Math.min(1, Math.max(0, value / WAVEFORM_MAX)))
}

/** The loudest of each part; with fewer values than bars, each stands for several. */
function peaks(values: readonly number[], bars: number): number[] {
  if (values.length === 0) return Array.from({ length: bars }, () => 0)
  return Array.from({ length: bars }, (_, bar) => {
    const from = Math.floor((bar * values.length) / bars)
    const to = Math.max(from + 1, Math.floor(((bar + 1) * values.length) / bars))
    let most = 0
    for (let at = from; at < to; at += 1) most = Math.max(most, values[at] ?? 0)
    return most
  })
}
