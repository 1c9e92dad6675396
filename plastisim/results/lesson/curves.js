// Time curves: what was chosen beside vehicle, each with its interval over mice.
const WEEK = 7 * 86400;
const TIME_MARKS = [[60, "1 min"], [600, "10 min"], [3600, "1 h"], [6 * 3600, "6 h"], [86400, "1 d"], [WEEK, "7 d"]];
const SHARE_SHOWN = 0.05; // of a step's range in the page: smaller differences are not blown up to fill the axis

/** Return where a time lies on the axis, 0..1; what was before the dose lies at its beginning. */
function along(seconds) {
  return seconds <= 0 ? 0 : 0.07 + 0.93 * Math.log(seconds / 60) / Math.log(WEEK / 60);
}

/** Return the range of a curve over all doses and blockers of the compound, so that the axis stays while they move. */
function rangeOf(key) {
  const { deck, compound } = view;
  const arms = [...deck.file.arms.keys()].filter((arm) => arm === 0 || deck.file.arms[arm].compound === compound);
  let { low, high } = extent(deck, key, arms);
  const signal = deck.signals.get(key);
  const least = SHARE_SHOWN * (signal.high - signal.low);
  if (high - low < least) [low, high] = [(low + high - least) / 2, (low + high + least) / 2];
  if (signal.low >= 0 && low < 0.5 * high) low = 0;
  const room = 0.06 * (high - low);
  return [low === 0 ? 0 : low - room, high + room];
}

/** Return a curve as a drawing, in a frame of a width and height. */
function curveDrawing(key, width, height) {
  const { deck, arm, frame } = view;
  const { frames } = deck.file;
  const signal = deck.signals.get(key);
  const range = rangeOf(key);
  const left = 62, right = width - 14, bottom = height - 30;
  const x = (seconds) => left + along(seconds) * (right - left);
  const y = scale(range, [bottom, 10]);
  const course = (index, part) => frames.map((time, at) => [x(time), y(value(deck, key, index, part, at))]);
  const band = (index) => path([...course(index, HIGH), ...course(index, LOW).reverse()]) + "Z";
  const marks = width > 400 ? TIME_MARKS : TIME_MARKS.filter((_, index) => index % 2 === 0 || index === 5).filter((_, index) => index !== 2);
  return drawing(width, height, curveSentence(signal),
    ...verticalAxis(range, y, left, right, height > 250 ? 5 : 3),
    ...marks.map(([time, text]) => svg("g", {},
      svg("line", { x1: x(time), x2: x(time), y1: bottom, y2: bottom + 5, class: "axis" }),
      svg("text", { x: x(time), y: bottom + 21, "text-anchor": time === WEEK ? "end" : "middle" }, text))),
    svg("line", { x1: left, x2: right, y1: bottom, y2: bottom, class: "axis" }),
    svg("path", { d: band(0), class: "vehicle band" }),
    arm ? svg("path", { d: band(arm), class: "chosen band" }) : null,
    svg("path", { d: path(course(0, MEAN)), class: "vehicle line" }),
    arm ? svg("path", { d: path(course(arm, MEAN)), class: "chosen line" }) : null,
    svg("line", { x1: x(frames[frame]), x2: x(frames[frame]), y1: 10, y2: bottom, class: "now" }),
    svg("circle", { cx: x(frames[frame]), cy: y(value(deck, key, arm, MEAN, frame)), r: 5, class: "chosen dot" }));
}

function curveSentence(signal) {
  const { deck, arm, frame } = view;
  const peak = peakFrame(deck, signal.key, arm);
  const now = figure(value(deck, signal.key, arm, MEAN, frame));
  const top = arm ? `, furthest from vehicle at ${moment(deck.file.frames[peak])}` : "";
  return `${signal.long_name} over time, ${given(deck, arm)}: now ${now} ${unitText(signal.unit)}, vehicle `
    + `${figure(value(deck, signal.key, 0, MEAN, frame))}${top}.`;
}

function drawCurves() {
  const signals = [...view.deck.signals.values()];
  const big = view.deck.signals.get(view.signal);
  byId("curve").replaceChildren(
    html("figcaption", {}, html("strong", {}, big.label), ` — ${big.long_name}, ${unitText(big.unit)}. `,
      html("span", { class: "key chosen" }, given(view.deck, view.arm)), " ", html("span", { class: "key vehicle" }, "vehicle")),
    curveDrawing(view.signal, innerWidth < 700 ? 380 : 900, innerWidth < 700 ? 260 : 300));
  byId("grid").replaceChildren(...signals.map((signal) => html("figure", {},
    html("figcaption", {}, html("strong", {}, signal.label), ` (${unitText(signal.unit)})`), curveDrawing(signal.key, 360, 190))));
  drawNumbers(signals);
}

function drawNumbers(signals) {
  const { deck, arm, frame } = view;
  const cell = (key, index) => `${figure(value(deck, key, index, MEAN, frame))} [${figure(value(deck, key, index, LOW, frame))}, `
    + `${figure(value(deck, key, index, HIGH, frame))}]`;
  byId("numbers").replaceChildren(
    html("caption", {}, `${given(deck, arm)}, ${moment(deck.file.frames[frame])}: mean and 95 % interval over ${deck.file.mice} mice`),
    html("thead", {}, html("tr", {}, ...["Step", "Unit", "Chosen", "Vehicle"].map((text) => html("th", { scope: "col" }, text)))),
    html("tbody", {}, ...signals.map((signal) => html("tr", {}, html("th", { scope: "row" }, signal.label),
      html("td", {}, unitText(signal.unit)), html("td", {}, cell(signal.key, arm)), html("td", {}, cell(signal.key, 0))))));
}
