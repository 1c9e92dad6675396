// A simulation of one's own, where the page is served by `plastisim page --live`.

function bindLive() {
  const { live } = PREPARED.file;
  if (!live) return;
  const dose = byId("live-dose"), mice = byId("live-mice");
  byId("live").hidden = false;
  [dose.min, dose.max] = live.dose;
  [mice.min, mice.max] = live.mice;
  dose.value = 1;
  mice.value = live.mice[0];
  byId("live-back").addEventListener("click", () => choose({ deck: PREPARED, ...START }));
  byId("live").addEventListener("submit", (event) => { event.preventDefault(); simulateOwn(); });
  drawers.push(() => {
    byId("live-back").hidden = view.deck === PREPARED;
    byId("live-run").disabled = view.compound === "vehicle";
  });
}

async function simulateOwn() {
  const told = byId("live-text");
  const asked = {
    compound: view.compound, blocker: view.blocker, dose: Number(byId("live-dose").value),
    mice: Number(byId("live-mice").value), seed: Number(byId("live-seed").value),
  };
  told.textContent = "Simulating; the first one compiles for half a minute.";
  byId("live-run").disabled = true;
  try {
    const answer = await fetch("simulate", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked),
    });
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.error);
    const deck = opened(found);
    told.textContent = `Simulated with ${found.mice} mice in each arm, seed ${found.seed}. What you see now is this run.`;
    choose({ deck, compound: asked.compound, blocker: asked.blocker, dose: asked.dose });
  } catch (error) {
    told.textContent = `It did not work: ${error.message}`;
  } finally {
    byId("live-run").disabled = false;
  }
}
