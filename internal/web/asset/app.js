// Keys, live parts, and ranges of lines. Every page works without this file.
"use strict";

const root = document.documentElement;
const typing = (at) => at.closest && at.closest("input, textarea, select, [contenteditable]");

// Keys.
let chord = "", slash = false;
const parts = { s: "/", r: "/repositories", p: "/pipeline", a: "/admin" };

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const now = rows.findIndex((row) => row.classList.contains("current"));
  const next = rows[Math.min(Math.max(now + step, 0), rows.length - 1)];
  if (!next) return;
  rows[now]?.classList.remove("current");
  next.classList.add("current");
  next.querySelector("[data-open]")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "center" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.key === "Escape") {
      event.preventDefault(); // it would empty a search
      event.target.blur();
    }
    return;
  }
  const help = document.getElementById("help");
  if (help.open) return;
  if (chord === "g") {
    chord = "";
    const link = document.querySelector(`.top nav a[href^="${parts[event.key] || "#"}"]`);
    if (link && parts[event.key]) location.assign(link.href);
    return;
  }
  switch (event.key) {
    case "/": {
      const box = document.getElementById("q");
      if (box) { slash = true; box.focus(); box.select(); } else location.assign("/");
      break;
    }
    case "?": help.showModal(); break;
    case "j": move(1); break;
    case "k": move(-1); break;
    case "g": chord = "g"; setTimeout(() => { chord = ""; }, 1200); break;
    case "y": {
      const link = document.querySelector("[data-permalink]");
      if (link) history.replaceState(null, "", permanent(link));
      break;
    }
    default: return;
  }
  event.preventDefault();
});

// The key that leads to the box must not be typed into it. In a busy browser its character may come
// after the focus, although its default was prevented.
document.addEventListener("keyup", () => { slash = false; });
document.getElementById("q")?.addEventListener("beforeinput", (event) => { if (slash && event.data === "/") event.preventDefault(); });

for (const button of document.querySelectorAll("[data-help]")) {
  button.hidden = false;
  button.addEventListener("click", () => document.getElementById("help").showModal());
}

// The colours change without a new page.
document.querySelector(".theme")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget, chosen = event.submitter;
  const body = new URLSearchParams(new FormData(form, chosen));
  fetch(form.action, { method: "POST", body, redirect: "manual" });
  if (chosen.value) root.dataset.theme = chosen.value; else delete root.dataset.theme;
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === chosen));
});

// The server writes a live part, and it is replaced whenever the server sends a new one. It is not
// replaced under a pointer that is down, nor while somebody writes or selects in it. Open elements
// in it stay open, and the focus stays where it is.
let pressed = null;
addEventListener("pointerdown", (event) => { pressed = event.target; });
for (const name of ["pointerup", "pointercancel", "blur"]) addEventListener(name, () => { setTimeout(() => { pressed = null; }, 0); });

const reachable = (part) => [...part.querySelectorAll("a[href], button, summary, input, [tabindex]")];

function busy(part) {
  const at = part.contains(document.activeElement) && typing(document.activeElement);
  const selection = getSelection();
  return at || part.contains(pressed) || selection && !selection.isCollapsed && selection.containsNode(part, true);
}

function replace(part, html) {
  const opened = [...part.querySelectorAll("details")].map((details) => details.open);
  const focus = reachable(part).indexOf(document.activeElement);
  const name = focus < 0 ? "" : document.activeElement.textContent;
  part.innerHTML = html; // escaped by the server, and scripts in it would not run
  part.querySelectorAll("details").forEach((details, i) => { if (i < opened.length) details.open = opened[i]; });
  const now = focus < 0 ? null : reachable(part)[focus];
  if (now?.textContent === name) now.focus({ preventScroll: true });
}

for (const part of document.querySelectorAll("[data-live]")) {
  const source = new EventSource(part.dataset.live);
  source.addEventListener("part", (event) => { if (!busy(part)) replace(part, event.data); });
  for (const other of document.querySelectorAll("[data-part]")) {
    source.addEventListener(other.dataset.part, (event) => { if (!busy(other)) replace(other, event.data); });
  }
  source.addEventListener("end", () => source.close());
  addEventListener("pagehide", () => source.close());
}

// While a person types, hits are replaced without htmx. htmx would search each of their elements
// for its own attributes, and update its copy of the page, which takes longer than parsing the
// hits.
const results = document.getElementById("results");
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr, shouldSwap, serverResponse } = event.detail;
  if (target !== results || !shouldSwap) return;
  event.detail.shouldSwap = false;
  results.innerHTML = serverResponse; // escaped by the server, and scripts in it would not run
  for (const part of results.querySelectorAll("[data-more]")) htmx.process(part);
  history.replaceState({ htmx: true }, "", xhr.getResponseHeader("HX-Replace-Url")); // htmx loads it again on the way back
  tell();
});

// A screen reader hears how many hits there are, and not all of their code.
function tell() {
  const found = [...results.querySelectorAll("[data-found]")].pop();
  document.getElementById("found").textContent = found ? found.dataset.found : "";
}
results?.addEventListener("htmx:afterSettle", tell);

// After More hits the focus is on the first new hit.
results?.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.target.matches("[data-more]")) return;
  const shown = results.querySelectorAll("[data-row]").length;
  results.addEventListener("htmx:afterSettle", () => {
    results.querySelectorAll("[data-row]")[shown]?.querySelector("[data-open]")?.focus({ preventScroll: true });
  }, { once: true });
});

// A permalink leads to the currently chosen lines.
function permanent(link) {
  const to = new URL(link.href);
  if (location.hash) to.hash = location.hash;
  return to.href;
}
for (const link of document.querySelectorAll("[data-permalink]")) {
  link.addEventListener("click", () => { link.href = permanent(link); });
}

// Shift and a click choose a range of lines: #L7-L12.
const lineOf = (text) => Number((/^#L(\d+)/.exec(text) || [])[1]);

function showRange(event) {
  const range = /^#L(\d+)-L?(\d+)$/.exec(location.hash);
  if (range || event) for (const line of document.querySelectorAll(".code .l.on")) line.classList.remove("on");
  if (!range) return;
  const first = Number(range[1]), last = Number(range[2]);
  for (let n = first; n <= last; n++) document.getElementById("L" + n)?.classList.add("on");
  document.getElementById("L" + first)?.scrollIntoView({ block: "center" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('.code .l > a[href^="#L"]');
  const from = lineOf(location.hash);
  if (!link || !event.shiftKey || !from) return;
  event.preventDefault();
  const to = lineOf(link.hash);
  location.hash = `#L${Math.min(from, to)}-L${Math.max(from, to)}`;
});
addEventListener("hashchange", showRange);
if (location.hash) showRange();
document.querySelector(".code .l.on")?.scrollIntoView({ block: "center" });
