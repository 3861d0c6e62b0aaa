// Elements out of tags, attributes and children. Text only ever becomes a text node, so no answer can bring markup.

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false && child !== ""));
  return element;
}

function button(part, text, click, attributes = {}) {
  return make("button", { type: "button", part, click, ...attributes }, text);
}

const ICONS = {
  quote: ["M4 17c0-6 2-9 6-11v3c-2 1-3 2-3 4h3v6H4zm10 0c0-6 2-9 6-11v3c-2 1-3 2-3 4h3v6h-6z", true],
  close: ["M6 6l12 12M18 6L6 18"],
  clear: ["M12 5v14M5 12h14"],
  copy: ["M9 9h10v11H9zM15 9V4H5v11h4"],
  up: ["M7 11v9H4v-9zM7 11l4-7c1.500 0 2.500 1 2.200 2.600L12.700 10H19c1 0 1.700 1 1.400 2l-2 7c-.2.600-.7 1-1.400 1H7"],
  down: ["M7 13V4H4v9zM7 13l4 7c1.500 0 2.500-1 2.200-2.600L12.700 14H19c1 0 1.700-1 1.400-2l-2-7c-.2-.600-.7-1-1.400-1H7"],
  send: ["M12 19V5M6 11l6-6 6 6"],
  stop: ["M7 7h10v10H7z", true],
};

function icon(name) {
  const [path, filled] = ICONS[name];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", filled ? "icon filled" : "icon");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

function iconButton(part, name, label, click, attributes = {}) {
  return make("button", { type: "button", part, class: "tool", "aria-label": label, title: label, click, ...attributes }, icon(name));
}
