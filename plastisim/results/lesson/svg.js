// Elements, scales and axes. Text goes in as text only.
const SVG = "http://www.w3.org/2000/svg";

/** Return an element of the page with attributes and children; a text is a child too. */
function html(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Return an element of a drawing. */
function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, content] of Object.entries(attributes)) {
    if (content === true) element.setAttribute(name, "");
    else if (content !== false && content != null) element.setAttribute(name, content);
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

/** Return an element of the page by its id. */
function byId(id) {
  return document.getElementById(id);
}

/** Return a drawing that a screen reader reads as one sentence. */
function drawing(width, height, sentence, ...children) {
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": sentence }, ...children);
}

/** Return the linear map from one range to another. */
function scale([from, to], [low, high]) {
  return (number) => low + ((number - from) / (to - from)) * (high - low);
}

/** Return round numbers inside a range, about `wanted` of them. */
function ticks([low, high], wanted) {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const found = [];
  for (let number = Math.ceil(low / step); number * step <= high + 1e-9 * step; number++) found.push(number * step);
  return found;
}

/** Return a vertical axis with grid lines from `left` to `right`. */
function verticalAxis(range, y, left, right, wanted) {
  return ticks(range, wanted).map((number) => svg("g", {},
    svg("line", { x1: left, x2: right, y1: y(number), y2: y(number), class: "rule" }),
    svg("text", { x: left - 6, y: y(number) + 5, "text-anchor": "end" }, figure(Number(number.toPrecision(6))))));
}

/** Return points as the path of a line. */
function path(points) {
  return points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");
}
