// A neuron's branches with every spine of the ledger: old ones, those born since the dose, and where one was lost.
const SHAFT = 62, NECK = 26;

function drawDendrite() {
  const { deck, arm, mouse, frame } = view;
  const lengths = deck.file.spines.length[mouse];
  const now = deck.file.frames[frame];
  const longest = Math.max(...deck.file.spines.length.flat());
  byId("branches").replaceChildren(...lengths.map((length, branch) => {
    const found = fates(spinesOf(deck, arm, mouse, branch), now);
    const words = `${found.old.length + found.born.length} spines now, ${found.born.length} of them born since the dose; `
      + `${found.lost.length} lost since the dose`;
    return html("figure", {}, html("figcaption", {}, html("strong", {}, `Branch ${branch + 1}`), `, ${length.toFixed(0)} µm: ${words}.`),
      branchDrawing(found, length, longest, `Branch ${branch + 1}: ${words}.`));
  }));
  byId("dendrite-key").replaceChildren(
    html("span", { class: "key old" }, "there since before the dose"), " ", html("span", { class: "key born" }, "born since the dose"), " ",
    html("span", { class: "key lost" }, "lost since the dose"));
}

/** Return which spines are old, newly born and lost at a moment, counted from the dose. */
function fates(spines, now) {
  const before = Math.min(now, 0);
  const lives = (spine) => spine.birth <= now && now < spine.death;
  return {
    old: spines.filter((spine) => lives(spine) && spine.birth <= before),
    born: spines.filter((spine) => lives(spine) && spine.birth > before),
    lost: spines.filter((spine) => spine.death <= now && spine.death > before),
  };
}

function branchDrawing(found, length, longest, sentence) {
  const micrometre = innerWidth < 700 ? 14 : 26;
  const width = longest * micrometre + 20;
  const x = (place) => 10 + place * length * micrometre;
  const bend = (place) => SHAFT + 5 * Math.sin(4 * place + length);
  const shaft = Array.from({ length: 41 }, (_, step) => [x(step / 40), bend(step / 40)]);
  const spine = (one, kind) => {
    const up = one.serial % 2 ? -1 : 1;
    const base = bend(one.place), head = base + up * NECK;
    const title = `spine ${one.serial}: born ${one.birth === -Infinity ? "before the run" : clock(one.birth)}`
      + (one.death === Infinity ? ", alive at the end" : `, lost ${clock(one.death)}`);
    return svg("g", { class: `spine ${kind}`, "data-serial": one.serial }, svg("title", {}, title),
      svg("line", { x1: x(one.place), x2: x(one.place), y1: base, y2: head }), spineHead(kind, x(one.place), head));
  };
  return drawing(width, 2 * SHAFT, sentence, svg("path", { d: path(shaft), class: "shaft" }),
    ...["lost", "old", "born"].flatMap((kind) => found[kind].map((one) => spine(one, kind))));
}

/** Return the head of a spine: a disc, a diamond for a newly born one, a cross where one was lost. */
function spineHead(kind, x, y) {
  if (kind === "old") return svg("circle", { cx: x, cy: y, r: 9 });
  const shape = kind === "born" ? [[0, -12], [11, 0], [0, 12], [-11, 0], [0, -12]] : null;
  return shape ? svg("path", { d: path(shape.map(([right, down]) => [x + right, y + down])) })
    : svg("path", { d: `M${x - 7},${y - 7}L${x + 7},${y + 7}M${x + 7},${y - 7}L${x - 7},${y + 7}` });
}

/** Return a moment of the ledger in words. */
function clock(seconds) {
  return seconds < 0 ? `${moment(seconds)} the dose` : `${moment(seconds)} after the dose`;
}
