// Facts read out of the runs, on which the lessons and their answers rest.

/** Return the frame at which an arm is furthest from vehicle. */
function peakFrame(deck, key, arm) {
  const sizes = deck.file.frames.map((_, frame) => Math.abs(difference(deck, key, arm, frame)));
  return sizes.indexOf(Math.max(...sizes));
}

/** Return the frame that was taken at a time, s. */
function frameAt(deck, time) {
  return deck.file.frames.indexOf(time);
}

/** Return what is left of an effect at a time where something is in the way, as a share of the effect without. */
function shareLeft(deck, key, compound, dose, blocker, time) {
  const frame = frameAt(deck, time);
  const alone = difference(deck, key, armOf(deck, compound, dose, "none"), frame);
  return difference(deck, key, armOf(deck, compound, dose, blocker), frame) / alone;
}

/** Return what is left of the imaged effect on density at 24 h. */
function spinesLeft(deck, compound, dose, blocker) {
  const effect = (key) => deck.file.arms[armOf(deck, compound, dose, key)].verdict.effect;
  return effect(blocker) / effect("none");
}

/** Return the first time after its peak at which the drug in the brain is below a share of it; Infinity if never. */
function goneAfter(deck, arm, share) {
  const course = deck.file.frames.map((_, frame) => value(deck, "drug", arm, MEAN, frame));
  const peak = Math.max(...course);
  const frame = course.findIndex((level, at) => at > course.indexOf(peak) && level < share * peak);
  return frame < 0 ? Infinity : deck.file.frames[frame];
}

/** Return the key with the largest number in a table of numbers by key. */
function largestOf(numbers) {
  return Object.keys(numbers).reduce((best, key) => (numbers[key] > numbers[best] ? key : best));
}

/** Return the name of the bin into which a number falls; `bins` are [upper edge, name], the last without an edge. */
function binOf(number, bins) {
  return bins.find(([edge]) => number <= edge)[1];
}
