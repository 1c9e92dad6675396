// Numbers and times as words.

/** Return a number with three digits that count. */
function figure(number) {
  if (!Number.isFinite(number)) return "none";
  if (number === 0) return "0";
  const size = Math.abs(number);
  if (size >= 1e6 || size < 0.001) return number.toExponential(1).replace("-", "−").replace("e+", "e");
  return String(Number(number.toPrecision(3))).replace("-", "−");
}

/** Return a number of per cent or points, with its sign. */
function points(number) {
  return `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(1)}`;
}

/** Return a share as per cent. */
function percent(share) {
  return `${Math.round(100 * share)} %`;
}

/** Return a time after the dose (s) in the unit in which one speaks of it. */
function moment(seconds) {
  if (seconds < 0) return `${figure(-seconds / 3600)} h before`;
  if (seconds < 3600) return `${figure(seconds / 60)} min`;
  if (seconds <= 36 * 3600) return `${figure(seconds / 3600)} h`;
  return `${figure(seconds / 86400)} days`;
}

/** Return a unit as it is printed; 1 is no unit. */
function unitText(unit) {
  return unit === "1" ? "relative" : unit.replace(/\bu(m|mol)\b/g, "µ$1").replace(/\^2/g, "²");
}

/** Return what was given, in words. */
function given(deck, arm) {
  const { compound, dose, blocker } = deck.file.arms[arm];
  const drug = compound === "vehicle" ? "vehicle" : `${compound} ${figure(dose)} mg/kg`;
  const named = deck.file.blockers.find((one) => one.key === blocker);
  if (blocker === "none") return drug;
  return blocker === "knockout" ? `${drug} in ${named.name} mice` : `${drug} after ${named.name}`;
}

/** Return several things as a list in a sentence. */
function listed(parts) {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;
}
