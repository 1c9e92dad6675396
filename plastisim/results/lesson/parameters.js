// Every parameter of the runs: value, unit, meaning, source, and how far the value is to be trusted.
const TRUST = {
  measured: "computed from deposited data", seen: "read in the cited text", fitted: "fitted by a script of this project",
  recalled: "quoted from memory, to be verified", chosen: "a guess; the text says why",
};

/** Return the part of the model that a parameter belongs to. */
function partOf(parameter) {
  return parameter.path.split(".").slice(0, -1).join(".");
}

function bindParameters() {
  byId("part").addEventListener("change", drawParameters);
  byId("trust").addEventListener("change", drawParameters);
}

/** Offer the parts of the shown runs, that of the chosen step or compound first. */
function offerParts() {
  const parts = [...new Set(view.deck.file.parameters.map(partOf))].sort();
  const { stage } = view.deck.signals.get(view.signal);
  const wanted = stage === "compound." ? `compound.${view.compound}` : stage;
  const chosen = parts.find((part) => part === wanted) ?? parts.find((part) => `${part}.`.startsWith(wanted)) ?? "all";
  options(byId("part"), [["all", "all parts"], ...parts.map((part) => [part, part])], chosen);
  if (!byId("trust").options.length) options(byId("trust"), [["all", "all"], ...Object.keys(TRUST).map((one) => [one, one])], "all");
  drawParameters();
}

/** Return a dotted path with the places where a line may end. */
function breakable(path) {
  return path.split(/(?<=[._])/).flatMap((part) => [part, html("wbr")]);
}

function drawParameters() {
  const { parameters } = view.deck.file;
  const part = byId("part").value, trust = byId("trust").value;
  const shown = parameters.filter((one) => (part === "all" || partOf(one) === part) && (trust === "all" || one.confidence === trust));
  const count = (confidence) => parameters.filter((one) => one.confidence === confidence).length;
  byId("confidence").textContent = `Of ${parameters.length} parameters: `
    + `${Object.entries(TRUST).map(([key, words]) => `${count(key)} ${key} (${words})`).join("; ")}.`;
  byId("parameter-count").textContent = `${shown.length} shown.`;
  byId("parameter-table").replaceChildren(
    html("thead", {}, html("tr", {}, ...["Parameter", "Value", "Unit", "Meaning", "Confidence", "Source"].map((text) => html("th", { scope: "col" }, text)))),
    html("tbody", {}, ...shown.map((one) => html("tr", {}, html("th", { scope: "row" }, ...breakable(one.path)),
      html("td", {}, typeof one.value === "number" ? figure(one.value) : "∞ (no binding)"), html("td", {}, one.unit), html("td", {}, one.meaning),
      html("td", {}, one.confidence), html("td", {}, one.source)))));
}
