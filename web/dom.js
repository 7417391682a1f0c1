// Making elements. Everything that comes from elsewhere becomes text: nothing here takes markup.

export const $ = (id) => document.getElementById(id);

/** h("td", {class: "number"}, "12"): attributes as they are, "on..." as listeners, children as text or elements. */
export function h(name, attributes = {}, ...children) {
  const svg = ["svg", "path", "line", "text", "g"].includes(name);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Replaces what an element holds, unless it is the same: so that nothing flickers, and what is selected stays. */
export function fill(element, ...children) {
  const fresh = h("div", {}, ...children);
  if (element.innerHTML !== fresh.innerHTML) element.replaceChildren(...fresh.childNodes);
}

export const number = (value) => (value === null || value === undefined ? "–" : Math.round(value).toLocaleString("en-US"));

export function seconds(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
}

export function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  while (count >= 1024 && unit < 3) [count, unit] = [count / 1024, unit + 1];
  return `${count < 10 && unit > 0 ? count.toFixed(1) : Math.round(count)} ${units[unit]}`;
}

export const count = (n, thing) => `${number(n)} ${thing}${n === 1 ? "" : "s"}`;

/** When an entry of a stream was added, by its id. */
export const timeOf = (id) => new Date(Number(id.split("-")[0]));
export const clock = (date) => date.toLocaleTimeString([], {hour12: false});
