// The cascade as boxes in the order in which the steps act; how far each stands from vehicle at the chosen time.

function drawStages() {
  const groups = new Map();
  for (const signal of view.deck.signals.values()) {
    if (!groups.has(signal.group)) groups.set(signal.group, []);
    groups.get(signal.group).push(signal);
  }
  const held = document.activeElement?.dataset?.signal;
  byId("stage-list").replaceChildren(...Array.from(groups, ([name, members]) =>
    html("li", {}, html("h3", {}, name), ...members.map(stageBox))));
  if (held) byId("stage-list").querySelector(`[data-signal="${held}"]`)?.focus({ preventScroll: true });
}

function stageBox(signal) {
  const { deck, arm, frame } = view;
  const own = value(deck, signal.key, arm, MEAN, frame);
  const other = value(deck, signal.key, 0, MEAN, frame);
  const told = apart(deck, signal.key, arm, frame);
  const share = Math.min(Math.abs(own - other) / deck.largest.get(signal.key), 1);
  const direction = !told ? "same" : own > other ? "up" : "down";
  const chosen = view.signal === signal.key;
  const box = html("button", { type: "button", class: `stage ${direction}`, "aria-pressed": String(chosen), "data-signal": signal.key },
    html("span", { class: "name" }, html("span", { "aria-hidden": "true" }, { same: "● ", up: "▲ ", down: "▼ " }[direction]), signal.label),
    html("span", { class: "number" }, `${own !== 0 && Math.abs(own) < 0.001 ? "under 0.001" : figure(own)} ${signal.unit === "1" ? "" : unitText(signal.unit)}`),
    html("span", { class: "against" }, against(signal, own, other, direction)),
    html("span", { class: "bar", "aria-hidden": "true" }, html("span", {})));
  box.style.setProperty("--light", told ? share.toFixed(3) : "0");
  box.addEventListener("click", () => choose({ signal: signal.key }));
  return box;
}

/** Return how a step compares with vehicle, in words. */
function against(signal, own, other, direction) {
  if (direction === "same") return "as vehicle";
  if (signal.unit === "%") return `${points(own - other)} points to vehicle`;
  if (other > 0.001 * Math.abs(own)) return `${figure(own / other)} × vehicle`;
  return direction === "up" ? "above vehicle" : "below vehicle";
}

/** Say everything that was chosen and what came of it in two sentences. */
function drawSummary() {
  const { deck, arm, frame } = view;
  const risen = [...deck.signals.values()].filter((one) => one.key !== "drug" && apart(deck, one.key, arm, frame)
    && Math.abs(difference(deck, one.key, arm, frame)) > 0.1 * deck.largest.get(one.key));
  const when = `${moment(deck.file.frames[frame])}${deck.file.frames[frame] < 0 ? " the dose" : ""}`;
  const names = risen.map((one) => one.label);
  byId("summary").textContent = `${given(deck, arm)}, ${when}: `
    + (names.length ? `clearly away from vehicle: ${listed(names)}.` : "no step is clearly away from vehicle.");
}
