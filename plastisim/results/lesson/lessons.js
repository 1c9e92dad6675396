// Three lessons. The right answer of each question is worked out from the runs when the page opens.
const DRUG = "psilocybin";
const DAY = 86400;

/** Return the lessons about the prepared runs; each question has options [key, text], a right key and the numbers. */
function lessons(deck) {
  const { doses } = deck.file.compounds.find((one) => one.name === DRUG);
  const dose = nearest(doses, 1);
  return [lessonOrder(deck, dose), lessonWindow(deck, dose), lessonDose(deck, doses)];
}

function lessonOrder(deck, dose) {
  const arm = armOf(deck, DRUG, dose, "none");
  const keys = ["calcium", "mrna", "mtorc1", "spines"];
  const labels = keys.map((key) => [key, deck.signals.get(key).label]);
  const times = Object.fromEntries(keys.map((key) => [key, deck.file.frames[peakFrame(deck, key, arm)]]));
  const week = frameAt(deck, 7 * DAY);
  const kept = Object.fromEntries(keys.map((key) => [key,
    Math.abs(difference(deck, key, arm, week) / difference(deck, key, arm, peakFrame(deck, key, arm)))]));
  const gone = goneAfter(deck, arm, 0.05);
  const bins = [[2 * 3600, "within 2 h"], [12 * 3600, "between 2 and 12 h"], [DAY, "between 12 and 24 h"], [Infinity, "later than 24 h"]];
  const earliest = largestOf(Object.fromEntries(keys.map((key) => [key, -times[key]])));
  return {
    title: "From receptor to spine: what comes first?",
    text: "Move the time from the first minute to a week, or press Play. Watch which boxes light up, and which go out again.",
    scene: { compound: DRUG, dose, blocker: "none", time: 600, signal: "calcium" },
    questions: [
      { text: `After ${DRUG} ${figure(dose)} mg/kg, which of these is furthest from vehicle the earliest?`, options: labels, right: earliest,
        because: labels.map(([key, label]) => `${label} at ${moment(times[key])}`).join(", ") },
      { text: "When has the drug in the brain fallen below 5 % of its peak?", options: bins.map(([, name]) => [name, name]), right: binOf(gone, bins),
        because: gone === Infinity ? "it has not, within a week" : `the first such frame is at ${moment(gone)}` },
      { text: "After 7 days, which of these has kept most of its largest difference from vehicle?", options: labels, right: largestOf(kept),
        because: labels.map(([key, label]) => `${label} has ${percent(kept[key])} left`).join(", ") },
    ],
  };
}

function lessonWindow(deck, dose) {
  const { verdict } = deck.file.arms[armOf(deck, DRUG, dose, "none")];
  const named = (key) => [key, deck.file.blockers.find((one) => one.key === key).name];
  const keys = ["ketanserin", "rapamycin", "knockout"];
  const early = Object.fromEntries(keys.map((key) => [key, shareLeft(deck, "mrna", DRUG, dose, key, 2 * 3600)]));
  const spines = Object.fromEntries(keys.map((key) => [key, spinesLeft(deck, DRUG, dose, key)]));
  const gap = Object.fromEntries(keys.map((key) => [key, early[key] - spines[key]]));
  const fewer = spines.ketanserin < spines.knockout ? "ketanserin" : "knockout";
  const yesNo = [["yes", "Yes"], ["no", "No"]];
  return {
    title: "Does it leave the ordinary window?",
    text: "Put each obstacle in the way. Compare the early answer (Bdnf mRNA at 2 h) with the spines (24 h).",
    scene: { compound: DRUG, dose, blocker: "none", time: DAY, signal: "spines" },
    questions: [
      { text: `Does ${DRUG} ${figure(dose)} mg/kg leave the ordinary window at 24 h?`, options: yesNo, right: verdict.holds ? "yes" : "no",
        because: verdict.statement.replace(/\.$/, "") },
      { text: "Which of these leaves the early Bdnf mRNA but takes the spines?", options: keys.map(named), right: largestOf(gap),
        because: keys.map((key) => `${named(key)[1]}: ${percent(early[key])} of the mRNA and ${percent(spines[key])} of the spines left`).join("; ") },
      { text: "Which lets less of the effect on spines through: injected ketanserin, or the missing receptor?",
        options: [named("ketanserin"), named("knockout")], right: fewer,
        because: `${percent(spines.ketanserin)} of the effect is left after ketanserin, ${percent(spines.knockout)} without the receptor; `
          + "an injected blocker is cleared within hours, a missing gene stays missing" },
    ],
  };
}

function lessonDose(deck, doses) {
  const arms = doses.map((dose) => deck.file.arms[armOf(deck, DRUG, dose, "none")]);
  const smallest = arms.find((arm) => arm.verdict.holds);
  const [first, last] = [arms[0], arms[arms.length - 1]];
  const step = last.dose / first.dose, growth = last.verdict.effect / first.verdict.effect;
  const half = 0.5 * step;
  const bins = [[1.2, "hardly (less than 1.2 times)"], [half, `more, but less than half of the step in dose (1.2 to ${figure(half)} times)`],
    [Infinity, `at least half as much as the dose (more than ${figure(half)} times)`]];
  const drift = deck.file.arms[0].sessions[deck.file.sessions.indexOf(1)];
  const [low, high] = drift.interval;
  const moved = deck.file.arms[0].mice.filter((change) => Math.abs(change) > 2).length / deck.file.mice;
  const shares = [[0.1, "at most one in ten"], [0.5, "more than one in ten, at most half"], [1, "more than half"]];
  return {
    title: "Dose, and why ordinary drift matters",
    text: "Set time to 24 h and move the dose. Then look at the vehicle mice: nothing was done to them, do they stay where they were?",
    scene: { compound: DRUG, dose: doses[0], blocker: "none", time: DAY, signal: "spines" },
    questions: [
      { text: `Which is the smallest dose of ${DRUG} here that leaves the ordinary window at 24 h?`,
        options: [...doses.map((dose) => [String(dose), `${figure(dose)} mg/kg`]), ["none", "none of them"]],
        right: smallest ? String(smallest.dose) : "none",
        because: arms.map((arm) => `${figure(arm.dose)} mg/kg ${arm.verdict.holds ? "leaves" : "stays"} (${points(arm.verdict.effect)} points)`).join(", ") },
      { text: `From ${figure(first.dose)} to ${figure(last.dose)} mg/kg the dose grows ${figure(step)} times. How much does the effect on density grow?`,
        options: bins.map(([, name]) => [name, name]), right: binOf(growth, bins),
        because: `from ${points(first.verdict.effect)} to ${points(last.verdict.effect)} points, ${figure(growth)} times: some step of the cascade saturates` },
      { text: "What did spine density of the vehicle mice do from before the injections to 24 h after?",
        options: [["fell", "It fell"], ["stayed", "No change is shown"], ["rose", "It rose"]], right: high < 0 ? "fell" : low > 0 ? "rose" : "stayed",
        because: `mean ${points(drift.mean)} %, 95 % interval ${points(low)} to ${points(high)} %` },
      { text: "Somebody without vehicle mice calls a mouse changed if its density moved by more than 2 %. How many vehicle mice would be called changed?",
        options: shares.map(([, name]) => [name, name]), right: binOf(moved, shares),
        because: `${percent(moved)} of the ${deck.file.mice} vehicle mice; only the window tells a drug from drift` },
    ],
  };
}
