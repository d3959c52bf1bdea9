// The live page: takes what changed from a stream of events, or polls where there is no room for one more stream.
// Everything it says stands in attributes of #seen, put there by the app.
"use strict";

const POLL_MS = 5000;
const RETRY_MS = 3000;
// Between two tries to get a stream while all are taken.
const QUEUE_MS = 60000;
// The stream says something every 15 s.
const SILENCE_MS = 40000;
const by = (id) => document.getElementById(id);
const words = by("seen").dataset;
// In full: a page that was opened with the login in its address could not ask otherwise.
const BASE = location.origin + location.pathname.replace(/\/+$/, "");
let revision = words.revision;
let ahead = Date.now() - words.now * 1000; // of the camera's clock
let stream = null;
let timer = 0;
let watchdog = 0;
let noStreamBefore = 0;
let turn = 0; // of the poll that may still speak
let contact = Date.now();
let lost = false;
let over = false;

const fill = (text, ...values) => values.reduce((filled, value) => filled.replace("{}", value), text);
const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
// The exact moment in the viewer's zone, with its name or offset.
const calendar = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "long" });
const icon = document.querySelector("link[rel=icon]");
const headline = () => document.querySelector(".headline");
// Words that stand there already stay: a screen reader would say them again.
function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const [sec, min, hours, day, days] = words.spans.split("|");
  if (s < 60) return fill(sec, s);
  if (s < 3600) return fill(min, Math.floor(s / 60));
  if (s < 86400) return fill(hours, Math.floor(s / 3600), Math.floor((s % 3600) / 60));
  const rest = Math.floor((s % 86400) / 3600);
  return s < 172800 ? fill(day, rest) : fill(days, Math.floor(s / 86400), rest);
}

function exactly(time) {
  if (time.told !== time.dateTime) {
    time.told = time.dateTime;
    time.exact = calendar.format(new Date(time.dateTime));
  }
  return time.exact;
}

// How long ago things were counts on by itself.
function tick() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    say(time, span((Date.now() - ahead - Date.parse(time.dateTime)) / 1000));
    if (time.tabIndex === 0 && time.dataset.exact !== exactly(time)) time.dataset.exact = time.exact;
  }
  for (const time of document.querySelectorAll("time.exact")) say(time, exactly(time));
  if (!over && !lost) say(by("pulse"), fill(words.live, clock.format(contact)));
}

// What an element is: by its id or its subject, else by what kind of thing it is.
function keyOf({ nodeType, id, dataset, classList }) {
  if (nodeType !== 1) return "";
  return id || dataset.app || dataset.container || dataset.slot || dataset.notice || dataset.job || classList[0] || "";
}

// Elements whose words have changed since the last message.
const changed = new Set();

// Makes `old` like `fresh` and keeps every element that is in both, with its focus; what is open stays open, and what
// was copied a moment ago says so still.
function morph(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (name !== "open" && name !== "data-copied" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const wanted = new Set([...fresh.childNodes].map(keyOf));
  for (const node of [...old.childNodes]) if (keyOf(node) && !wanted.has(keyOf(node))) node.remove();
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const key = keyOf(next);
    let mate = at;
    if (key) while (mate && keyOf(mate) !== key) mate = mate.nextSibling;
    if (!mate || mate.nodeName !== next.nodeName || keyOf(mate) !== key) {
      old.insertBefore(next, at);
      continue;
    }
    if (mate === at) at = at.nextSibling;
    else old.insertBefore(mate, at);
    if (mate.nodeType !== 1) {
      if (mate.data !== next.data) {
        mate.data = next.data;
        if (old.nodeName !== "TIME") changed.add(old);
      }
    } else morph(mate, next);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

// Every state by what it is the state of: what of it is news when it changes, its name, and its words.
function states() {
  const verdict = headline().textContent;
  // Minutes that pass are no news, nor is each percent.
  const sentence = verdict.slice(document.querySelector(".lead")?.textContent.length);
  const found = new Map([["", [by("verdict").dataset.mood + sentence, "", verdict]]]);
  for (const state of document.querySelectorAll(".state")) {
    const whose = state.closest("[data-app], [data-container], .fact, [data-job]");
    const name = whose?.querySelector(".name, dt")?.textContent.trim();
    if (!name) continue;
    let key = name;
    for (let it = whose; it && !it.id; it = it.parentElement) key += JSON.stringify(it.dataset);
    const about = state.closest("#card") ? `${by("card-title").textContent}, ` : "";
    const text = state.textContent.trim();
    found.set(about + key, [text.replace(/\d(?= ?%)/, "0"), about + name, text]);
  }
  return found;
}

function apply(message) {
  if (message.build !== words.build) return location.reload();
  const before = states();
  const focus = document.activeElement;
  for (const { id, html } of message.widgets) {
    const fresh = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
    const old = by(id);
    if (old) morph(old, document.adoptNode(fresh));
    else document.querySelector(".widgets").append(document.adoptNode(fresh));
  }
  // A change fades in, once.
  const moving = matchMedia("(prefers-reduced-motion: no-preference)").matches;
  if (moving) for (const it of changed) it.animate({ opacity: [0.2, 1] }, 600);
  changed.clear();
  // Moving an element takes its focus away.
  if (focus !== document.activeElement && focus.isConnected) focus.focus({ preventScroll: true });
  revision = message.revision;
  document.title = message.title;
  if (icon.getAttribute("href") !== message.icon) icon.href = message.icon;
  tick();
  const news = [...states()].filter(([key, [now]]) => before.get(key)?.[0] !== now);
  const told = news.map(([, [, name, text]]) => (name ? `${name}: ${text}` : text));
  if (told.length) by("said").textContent = told.join(". ");
}

function alive() {
  contact = Date.now();
  if (lost) {
    lost = false;
    delete document.documentElement.dataset.doubt;
    by("lost").hidden = true;
    by("pulse").hidden = false;
    by("said").textContent = words.back;
  }
  tick();
}

// What is shown is not known to hold any more, and shall not look as if it did.
function warn(text, verdict) {
  by("pulse").hidden = true;
  by("lost").hidden = false;
  say(by("lost"), text);
  revision = ""; // All of it is asked for again.
  document.documentElement.dataset.doubt = "";
  document.title = `${verdict} · ${document.querySelector("h1").textContent}`;
  icon.href = icon.href.replace(/icon-[a-z-]+/, "icon-cannot-tell");
  by("verdict").dataset.mood = "cannot-tell";
  headline().textContent = verdict;
  document.querySelector(".next").hidden = true;
}

function silent() {
  if (!lost) warn(fill(words.lost, clock.format(contact)), words.lostVerdict);
  lost = true;
}

function logIn() {
  over = true;
  drop();
  warn(words.login, words.loginVerdict);
}

function later(ms) {
  clearTimeout(timer);
  timer = setTimeout(poll, ms);
}

async function poll() {
  if (over || document.hidden) return;
  turn += 1;
  const mine = turn;
  const patience = new AbortController();
  const bell = setTimeout(() => patience.abort(), 10000);
  try {
    const answer = await fetch(`${BASE}/widgets.json`, {
      cache: "no-store",
      headers: { "If-None-Match": `W/"${revision}"` },
      signal: patience.signal,
    });
    const message = answer.status === 200 ? await answer.json() : null;
    if (mine !== turn) return;
    if (answer.status === 401 || answer.status === 403) return logIn();
    if (message) apply(message);
    else if (answer.status !== 304) throw new Error(answer.status);
    alive();
    const wait = noStreamBefore - Date.now();
    if (wait <= 0) follow();
    else later(Math.min(wait, POLL_MS));
  } catch {
    if (mine !== turn) return;
    silent();
    later(RETRY_MS);
  } finally {
    clearTimeout(bell);
  }
}

function drop() {
  clearTimeout(watchdog);
  stream?.close();
  stream = null;
}

// Follows the stream; whatever ends it, the next thing is a poll, which tells why.
function follow() {
  drop();
  if (over || document.hidden) return;
  // One that is cut as soon as it opens is no reason to hurry.
  noStreamBefore = Date.now() + RETRY_MS;
  let opened = false;
  stream = new EventSource(`${BASE}/events?${revision}`);
  const heard = () => {
    opened = true;
    clearTimeout(watchdog);
    watchdog = setTimeout(ended, SILENCE_MS);
    alive();
  };
  const ended = () => {
    drop();
    // No room: somebody else's stream may end meanwhile.
    if (!opened) noStreamBefore = Date.now() + QUEUE_MS;
    poll();
  };
  watchdog = setTimeout(ended, SILENCE_MS);
  stream.onerror = ended;
  stream.onmessage = (event) => {
    heard();
    apply(JSON.parse(event.data));
  };
  stream.addEventListener("now", (event) => {
    ahead = Date.now() - event.data * 1000;
    heard();
  });
}

// Nobody sees a hidden tab: it holds no stream.
document.addEventListener("visibilitychange", () => {
  turn += 1;
  clearTimeout(timer);
  drop();
  if (!document.hidden && !over) poll();
});
addEventListener("pagehide", drop);

// Paper is not live: it says when it was printed, and where it comes from.
addEventListener("beforeprint", () => {
  by("paper").textContent = `${calendar.format(new Date())} · ${BASE}`;
});

// The page as plain text, for a mail or a form: all that stands on it, a line for each thing.
function asText() {
  const lines = [document.title, location.origin, new Date().toString(), ""];
  let line = "";
  const end = () => {
    line = line.replace(/\s+/g, " ").trim();
    if (line) lines.push(line);
    line = "";
  };
  const take = (node) => {
    if (node.nodeType === 3) line += node.data;
    if (node.nodeType !== 1 || node.matches("[hidden], button, svg, .unseen")) return;
    const inside = /^(A|BDI|STRONG|TIME|WBR)$/.test(node.nodeName);
    const beside = /^(CODE|DD|DT|SMALL|SPAN)$/.test(node.nodeName) || node.parentElement.closest("dd");
    if (beside && !inside) line += " ";
    else if (!inside) end();
    node.childNodes.forEach(take);
    if (/^H[23]$/.test(node.nodeName)) lines.push("", `${line}:`), line = "";
    else if (beside && !inside) line += " ";
    else if (!inside) end();
  };
  take(document.querySelector("main"));
  return `${lines.join("\n")}\n`;
}

// Over plain http browsers give no clipboard, but still copy what is selected.
async function copy(text) {
  if (navigator.clipboard && isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { /* refused: the other way may do */ }
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

// Values that support asks for are copied by the button beside them.
document.documentElement.dataset.script = "";
document.addEventListener("click", async ({ target }) => {
  const value = target.dataset.copies;
  if (value === undefined) return;
  const done = await copy(value);
  target.focus({ preventScroll: true });
  target.toggleAttribute("data-copied", done);
  by("said").textContent = done ? words.copied : words.notCopied;
  setTimeout(() => target.removeAttribute("data-copied"), 3000);
});

const button = by("copy");
const label = button.textContent;
button.hidden = false;
button.addEventListener("click", async () => {
  const done = await copy(asText());
  button.focus({ preventScroll: true });
  button.textContent = done ? words.copied : words.notCopied;
  setTimeout(() => { button.textContent = label; }, 3000);
});

setInterval(() => { if (!document.hidden) tick(); }, 1000);
tick();
if (!document.hidden) follow();
