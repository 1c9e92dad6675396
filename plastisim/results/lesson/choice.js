// What is chosen, and the controls with which it is chosen.
const START = { compound: "psilocybin", dose: 1, blocker: "none", time: 86400, mouse: 0, signal: "spines" };
const view = { deck: PREPARED, ...START, arm: 0, frame: 0 };
const drawers = [];
let playing = 0;

/** Change what is chosen and draw everything again. */
function choose(wanted) {
  Object.assign(view, wanted);
  const { compounds, frames, mice } = view.deck.file;
  const compound = compounds.find((one) => one.name === view.compound) ?? compounds[1];
  view.compound = compound.name;
  view.dose = nearest(compound.doses, view.dose) ?? 0;
  view.frame = frames.indexOf(nearest(frames, view.time));
  view.mouse = Math.min(view.mouse, mice - 1);
  view.arm = armOf(view.deck, view.compound, view.dose, view.blocker);
  for (const draw of drawers) draw();
}

/** Return the entry of a list that is nearest to a number. */
function nearest(list, number) {
  return [...list].sort((one, other) => Math.abs(one - number) - Math.abs(other - number))[0];
}

function options(select, entries, chosen) {
  select.replaceChildren(...entries.map(([key, text]) => html("option", { value: key, selected: key === chosen }, text)));
  select.value = chosen;
}

function drawChoice() {
  const { compounds, blockers, frames, mice } = view.deck.file;
  const doses = compounds.find((one) => one.name === view.compound).doses;
  options(byId("compound"), compounds.map((one) => [one.name, one.name]), view.compound);
  options(byId("blocker"), blockers.map((one) => [one.key, one.name]), view.blocker);
  options(byId("mouse"), Array.from({ length: mice }, (_, one) => [String(one), String(one + 1)]), String(view.mouse));
  const dose = byId("dose");
  dose.max = Math.max(doses.length - 1, 0);
  dose.value = Math.max(doses.indexOf(view.dose), 0);
  dose.disabled = doses.length < 2;
  const doseText = doses.length ? `${figure(view.dose)} mg/kg` : "no dose to choose";
  const timeText = moment(frames[view.frame]) + (frames[view.frame] < 0 ? " the dose" : " after the dose");
  const time = byId("time");
  time.max = frames.length - 1;
  time.value = view.frame;
  dose.setAttribute("aria-valuetext", doseText);
  time.setAttribute("aria-valuetext", timeText);
  byId("dose-text").value = doseText;
  for (const id of ["time-text", "stages-time", "dendrite-time"]) byId(id).value = timeText;
  byId("blocker-text").textContent = blockers.find((one) => one.key === view.blocker).statement;
}

function bindChoice() {
  const frames = () => view.deck.file.frames;
  byId("choices").addEventListener("submit", (event) => event.preventDefault());
  byId("compound").addEventListener("change", (event) => choose({ compound: event.target.value }));
  byId("blocker").addEventListener("change", (event) => choose({ blocker: event.target.value }));
  byId("mouse").addEventListener("change", (event) => choose({ mouse: Number(event.target.value) }));
  byId("dose").addEventListener("input", (event) => {
    const doses = view.deck.file.compounds.find((one) => one.name === view.compound).doses;
    choose({ dose: doses[Number(event.target.value)] });
  });
  byId("time").addEventListener("input", (event) => { stop(); choose({ time: frames()[Number(event.target.value)] }); });
  byId("reset").addEventListener("click", () => { stop(); choose({ deck: PREPARED, ...START }); });
  byId("play").addEventListener("click", () => (playing ? stop() : play()));
}

/** Go through the frames, one in 0.7 s, from the beginning if the end is reached. */
function play() {
  const frames = view.deck.file.frames;
  if (view.frame === frames.length - 1) choose({ time: frames[0] });
  byId("play").setAttribute("aria-pressed", "true");
  byId("play").textContent = "Stop";
  playing = setInterval(() => {
    choose({ time: frames[Math.min(view.frame + 1, frames.length - 1)] });
    if (view.frame === frames.length - 1) stop();
  }, 700);
}

function stop() {
  clearInterval(playing);
  playing = 0;
  byId("play").setAttribute("aria-pressed", "false");
  byId("play").textContent = "Play";
}
