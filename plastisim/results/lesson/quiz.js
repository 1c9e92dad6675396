// Lessons on the page: the scene, the questions, what was right, and the answer sheet.

function drawLessons() {
  const found = lessons(PREPARED);
  byId("lesson-list").replaceChildren(...found.map(lessonPart));
  byId("sheet").replaceChildren(html("h3", {}, "Answer sheet"),
    html("p", { class: "small" }, `${PREPARED.file.source}, seed ${PREPARED.file.seed}, ${PREPARED.file.mice} mice in each arm, made ${PREPARED.file.made}.`),
    ...found.map((lesson, index) => html("div", {}, html("h4", {}, `Lesson ${index + 1}. ${lesson.title}`),
      html("ol", {}, ...lesson.questions.map((question) => html("li", {}, question.text, html("br"), html("strong", {}, `${textOf(question)}.`),
        ` Because: ${question.because}.`))))));
  byId("sheet-show").addEventListener("click", () => showSheet(byId("sheet").hidden));
  byId("sheet-print").addEventListener("click", () => { showSheet(true); print(); });
}

function textOf(question) {
  return question.options.find(([key]) => key === question.right)[1];
}

function showSheet(shown) {
  byId("sheet").hidden = !shown;
  byId("sheet-show").setAttribute("aria-expanded", String(shown));
  byId("sheet-show").textContent = shown ? "Hide the answer sheet" : "Show the answer sheet";
}

function lessonPart(lesson, index) {
  const scene = html("button", { type: "button" }, "Set the scene");
  scene.addEventListener("click", () => {
    stop();
    choose({ deck: PREPARED, ...lesson.scene });
    byId("stages").scrollIntoView();
  });
  const result = html("p", { role: "status", class: "result" });
  const check = html("button", { type: "submit" }, "Check my answers");
  const parts = lesson.questions.map((question, number) => questionPart(question, `q${index}-${number}`));
  const form = html("form", {}, ...parts.map((part) => part.element), html("div", { class: "row" }, check), result);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const right = parts.map((part) => part.check()).filter(Boolean).length;
    result.textContent = right === parts.length ? `✔ Lesson ${index + 1} passed: ${right} of ${parts.length} right.`
      : `${right} of ${parts.length} right. Look again and check once more.`;
  });
  return html("details", { class: "lesson" }, html("summary", {}, html("h3", {}, `Lesson ${index + 1}. ${lesson.title}`)),
    html("p", {}, lesson.text), scene, form);
}

function questionPart(question, name) {
  const told = html("p", { class: "told" });
  const choices = question.options.map(([key, text]) => html("label", {}, html("input", { type: "radio", name, value: key }), ` ${text}`));
  const element = html("fieldset", {}, html("legend", {}, question.text), ...choices, told);
  const check = () => {
    const picked = element.querySelector("input:checked")?.value;
    const right = picked === question.right;
    told.textContent = picked === undefined ? "Not answered yet." : right ? `✔ Right: ${question.because}.` : "✘ Not what the runs say.";
    return right;
  };
  return { element, check };
}
