// The document of the page, opened: packed integers become numbers again. Nothing here is a model.
const MEAN = 0, LOW = 1, HIGH = 2, LESS = 3, MORE = 4, PARTS = 5; // LESS, MORE: interval of arm minus vehicle, twin by twin
const PREPARED = opened(JSON.parse(document.getElementById("document").textContent));

/** Return a document with its packed columns as arrays. */
function opened(file) {
  const signals = new Map();
  for (const signal of file.signals) signals.set(signal.key, { ...signal, numbers: Float32Array.from(words(signal.data), half) });
  const spines = Object.fromEntries(["count", "serial", "place", "birth", "death"].map((name) => [name, words(file.spines[name])]));
  let total = 0;
  const first = Array.from(spines.count, (count) => (total += count) - count);
  const deck = { file, signals, spines: { ...file.spines, ...spines, first }, largest: new Map() };
  for (const [key, signal] of signals) {
    deck.largest.set(key, largestDifference(deck, key));
    Object.assign(signal, extent(deck, key, file.arms.keys()));
  }
  return deck;
}

/** Return base64 of little-endian 16-bit words as an array. */
function words(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Uint16Array(bytes.buffer);
}

/** Return the number that a word means as a 16-bit floating point number. */
function half(word) {
  const exponent = (word >> 10) & 31, fraction = (word & 1023) / 1024;
  const size = exponent === 31 ? (fraction ? NaN : Infinity) : exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14;
  return word & 32768 ? -size : size;
}

/** Return a number of a curve; `part` is MEAN, LOW, HIGH, LESS or MORE. */
function value(deck, key, arm, part, frame) {
  return deck.signals.get(key).numbers[(arm * PARTS + part) * deck.file.frames.length + frame];
}

/** Return the lowest and highest end of the intervals of some arms. */
function extent(deck, key, arms) {
  let low = Infinity, high = -Infinity;
  for (const arm of arms) {
    deck.file.frames.forEach((_, frame) => {
      low = Math.min(low, value(deck, key, arm, LOW, frame));
      high = Math.max(high, value(deck, key, arm, HIGH, frame));
    });
  }
  return { low, high };
}

/** Return the arm of a choice. */
function armOf(deck, compound, dose, blocker) {
  return deck.file.arms.findIndex((arm) => arm.compound === compound && arm.blocker === blocker
    && (arm.dose === dose || compound === "vehicle"));
}

/** Return by how much an arm lies above vehicle. */
function difference(deck, key, arm, frame) {
  return value(deck, key, arm, MEAN, frame) - value(deck, key, 0, MEAN, frame);
}

/** Return whether an arm is away from vehicle: the interval of the difference excludes zero, and it is of some size. */
function apart(deck, key, arm, frame) {
  const told = value(deck, key, arm, LESS, frame) > 0 || value(deck, key, arm, MORE, frame) < 0;
  return told && Math.abs(difference(deck, key, arm, frame)) >= 0.01 * deck.largest.get(key);
}

/** Return the largest distance from vehicle in any arm at any time. */
function largestDifference(deck, key) {
  let largest = 0;
  deck.file.arms.forEach((_, arm) => deck.file.frames.forEach((_, frame) => {
    largest = Math.max(largest, Math.abs(difference(deck, key, arm, frame)) || 0);
  }));
  return largest || 1;
}

/** Return the spines of a branch: number, place along it (0..1), birth and death in s, infinite outside the run. */
function spinesOf(deck, arm, mouse, branch) {
  const held = deck.spines;
  const index = (arm * deck.file.mice + mouse) * held.branches + branch;
  const moment = (tick) => held.start + tick * held.tick;
  return Array.from({ length: held.count[index] }, (_, number) => {
    const at = held.first[index] + number;
    return {
      serial: held.serial[at],
      place: held.place[at] / 65535,
      birth: held.birth[at] === 0 ? -Infinity : moment(held.birth[at]),
      death: held.death[at] === 65535 ? Infinity : moment(held.death[at]),
    };
  });
}
