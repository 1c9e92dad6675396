// The ordinary window and the verdict at 24 h: every mouse as a dot, and the sessions of the virtual microscope.

function drawWindow() {
  const { deck, arm } = view;
  const { window: ordinary, arms, thresholds, mice } = deck.file;
  const { verdict } = arms[arm];
  const head = byId("verdict-head");
  head.className = verdict?.holds ? "outside" : "inside";
  head.textContent = !verdict ? "Vehicle mice make the ordinary window."
    : verdict.holds ? "✔ At 24 h it LEAVES the ordinary window." : "○ At 24 h it STAYS in the ordinary window.";
  byId("verdict-text").textContent = `${verdict ? verdict.statement : `Window: ${ordinary.basis}, ${points(ordinary.lower)} to `
    + `${points(ordinary.upper)} %.`} It leaves where the 95 % interval excludes zero and more than ${percent(thresholds.share)} of mice lie `
    + `outside, fixed before the run; ${mice} mice in each arm, imaged by the virtual microscope.`;
  byId("verdict-seen").textContent = verdict ? seenAndThere(deck, arm, verdict.effect) : "";
  byId("window").replaceChildren(
    html("figure", {}, html("figcaption", {}, html("strong", {}, "24 h after the dose"), ", a dot a mouse: change of density, %"), mouseDrawing()),
    html("figure", {}, html("figcaption", {}, html("strong", {}, "Imaging sessions"), ": mean change of density and 95 % interval, %"), sessionDrawing()));
}

/** Return why the microscope sees more than the spines that are there, in a sentence; nothing where it does not. */
function seenAndThere(deck, arm, imaged) {
  const there = difference(deck, "spines", arm, frameAt(deck, DAY));
  return imaged - there < 0.5 ? "" : `With every living spine counted, density is ${points(there)} points from vehicle; the microscope sees `
    + `${points(imaged)}, because after a drug spines come into view that it could not see before.`;
}

/** Return the range of change over all arms of the compound. */
function changeRange() {
  const shown = view.deck.file.arms.filter((arm, index) => index === 0 || arm.compound === view.compound);
  const { lower, upper } = view.deck.file.window;
  const all = shown.flatMap((arm) => [...arm.mice, ...arm.sessions.flatMap((one) => one.interval)]);
  const low = Math.min(lower, ...all), high = Math.max(upper, ...all);
  return [low - 2, high + 2];
}

function mouseDrawing() {
  const { deck, arm } = view;
  const { window: ordinary, arms } = deck.file;
  const range = changeRange();
  const width = 420, height = 290, left = 56, right = width - 10;
  const y = scale(range, [height - 34, 10]);
  const column = (index, centre, name) => [
    ...arms[index].mice.map((change, mouse) => mark(centre + 12 * ((mouse % 5) - 2), y(change), name)),
    svg("text", { x: centre, y: height - 10, "text-anchor": "middle" }, name === "vehicle" ? "vehicle" : "chosen"),
  ];
  const outside = arms[arm].mice.filter((change) => change > ordinary.upper || change < ordinary.lower).length;
  return drawing(width, height,
    `Change of spine density of each mouse at 24 h. Ordinary window ${points(ordinary.lower)} to ${points(ordinary.upper)} per cent. `
      + `${given(deck, arm)}: ${outside} of ${arms[arm].mice.length} mice outside.`,
    svg("rect", { x: left, y: y(ordinary.upper), width: right - left, height: y(ordinary.lower) - y(ordinary.upper), class: "ordinary" }),
    ...verticalAxis(range, y, left, right, 6),
    svg("text", { x: left + 6, y: y(ordinary.upper) - 6 }, "ordinary window"),
    ...column(0, left + 100, "vehicle"), ...(arm ? column(arm, right - 100, "chosen") : []));
}

/** Return a mouse or mean as a square (vehicle) or a circle (chosen). */
function mark(x, y, name) {
  return name === "vehicle" ? svg("rect", { x: x - 5, y: y - 5, width: 10, height: 10, class: "vehicle dot" })
    : svg("circle", { cx: x, cy: y, r: 5.5, class: "chosen dot" });
}

function sessionDrawing() {
  const { deck, arm } = view;
  const { sessions, arms, window: ordinary } = deck.file;
  const range = changeRange();
  const width = 420, height = 290, left = 56, right = width - 10;
  const x = scale([0, 7.5], [left, right]), y = scale(range, [height - 50, 10]);
  const course = (index, name, shift) => {
    const points = arms[index].sessions.map((one, at) => [x(sessions[at]) + shift, y(one.mean)]);
    return [
      svg("path", { d: path([[x(0), y(0)], ...points]), class: `${name} line` }),
      ...arms[index].sessions.map((one, at) => svg("line", {
        x1: points[at][0], x2: points[at][0], y1: y(one.interval[0]), y2: y(one.interval[1]), class: `${name} whisker`,
      })),
      ...points.map(([at, height]) => mark(at, height, name)),
    ];
  };
  const told = arms[arm].sessions.map((one, at) => `day ${sessions[at]}: ${points(one.mean)}`);
  return drawing(width, height, `Mean change of spine density, per cent, ${given(deck, arm)}: ${told.join(", ")}.`,
    svg("rect", { x: x(0.7), y: y(ordinary.upper), width: x(1.3) - x(0.7), height: y(ordinary.lower) - y(ordinary.upper), class: "ordinary" }),
    ...verticalAxis(range, y, left, right, 6),
    ...[0, ...sessions].map((day) => svg("text", { x: x(day), y: height - 28, "text-anchor": "middle" }, String(day))),
    svg("text", { x: (left + right) / 2, y: height - 8, "text-anchor": "middle" }, "days after the dose"),
    ...course(0, "vehicle", -5), ...(arm ? course(arm, "chosen", 5) : []));
}
