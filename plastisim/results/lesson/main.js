// The page begins here.

function drawAbout() {
  const { file } = PREPARED;
  byId("about").textContent = `One dose, followed from the receptor to single spines of layer V neurons. Simulated: ${file.mice} mice in each of `
    + `${file.arms.length} arms, ${file.neurons} neurons a mouse, ${file.dendrites} branches a neuron.`;
  for (const place of document.querySelectorAll(".mice")) place.textContent = file.mice;
  byId("limit-list").replaceChildren(...[
    `These are runs of a model (${file.source}, seed ${file.seed}, made ${file.made}, configuration ${file.config_sha256.slice(0, 12)}), not measurements. `
      + "Many parameters are guesses; the table above says which.",
    `Intervals say how far the mean of ${file.mice} simulated mice is known. They say nothing about whether the model is right.`,
    "A simulated mouse has a twin in every arm, with the same neurons and the same spines at the start. No laboratory has that.",
    "Mice only, injected i.p. Doses are used in mice, but for the smallest of psilocybin, which is there to stay in the window; "
      + "nothing here says what people should take.",
    file.diverged.length ? `Neurons left out because they diverged: ${file.diverged.join("; ")}.` : "No neuron diverged.",
  ].map((text) => html("li", {}, text)));
}

drawers.push(drawChoice, drawStages, drawSummary, drawCurves, drawWindow, drawDendrite);
bindChoice();
bindParameters();
bindLive();
drawAbout();
drawLessons();
let partShown = "";
drawers.push(() => {
  const wanted = `${view.signal} ${view.compound}`;
  if (wanted !== partShown || view.deck !== PREPARED) offerParts();
  partShown = wanted;
});
addEventListener("resize", () => { drawCurves(); drawDendrite(); });
choose({});
