// A line over the last minutes.
import {h} from "./dom.js";

const SPANS = [1, 2, 5, 10].map((minutes) => minutes * 60_000), HEIGHT = 150, LEFT = 56, BOTTOM = 18, TOP = 8;

/** The next of 1, 2, 5, 10, 20, ... that is not below the value. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= value * 0.9999);
}

/** samples: [{at, value}]; null values are gaps. `text` makes a label of a value, `least` is the least top of the scale. */
export function chart(title, samples, text, least, width, now = Date.now()) {
  const oldest = Math.min(now - (samples[0]?.at ?? now), SPANS.at(-1));
  const span = SPANS.find((s) => s >= oldest - 5000);
  const shown = samples.filter((s) => now - s.at <= span);
  const values = shown.map((s) => s.value).filter((v) => v !== null);
  const top = roundUp(Math.max(least, ...values));
  const x = (at) => LEFT + (width - LEFT) * (1 - (now - at) / span);
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const runs = [];
  let last = null;
  for (const s of shown) {
    if (s.value === null || (last && s.at - last.at > 15_000)) runs.push([]);
    if (s.value !== null) {
      if (!runs.length) runs.push([]);
      runs.at(-1).push(s);
      last = s;
    }
  }
  const points = (run) => run.map((s) => `${x(s.at).toFixed(1)},${y(s.value).toFixed(1)}`).join(" L");
  const svg = h("svg", {class: "chart", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img",
                        "aria-label": `${title}: now ${values.length ? text(values.at(-1)) : "unknown"}`});
  for (const share of [0, 0.5, 1]) {
    svg.append(h("line", {class: "grid", x1: LEFT, x2: width, y1: y(top * share), y2: y(top * share)}),
               h("text", {x: LEFT - 6, y: y(top * share) + 4, "text-anchor": "end"}, text(top * share)));
  }
  for (const [share, anchor] of [[1, "start"], [0.5, "middle"], [0, "end"]]) {
    const s = share * span / 1000;
    svg.append(h("text", {x: x(now - share * span), y: HEIGHT - 3, "text-anchor": anchor},
                 s === 0 ? "now" : s < 60 ? `−${s} s` : `−${s / 60} min`));
  }
  for (const run of runs.filter((r) => r.length)) {
    const [first, end] = [x(run[0].at).toFixed(1), x(run.at(-1).at).toFixed(1)];
    svg.append(h("path", {class: "area", d: `M${first},${y(0)} L${points(run)} L${end},${y(0)} Z`}),
               h("path", {class: "line", d: `M${points(run)}${run.length === 1 ? " h1" : ""}`}));
  }
  return svg;
}
