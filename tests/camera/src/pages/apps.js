"use strict";
// The Apps page: every button is one request to the CGI that a program would use.
const CGI = "/axis-cgi/applications/";
const UPLOAD = { 1: "this is no package for a camera", 2: "the package has no valid signature; allow unsigned apps, or take a signed package", 3: "the package is too large, or the disk is full",
  5: "the package is not made for this device", 10: "the device could not say why; see its log", 12: "another upload is running", 13: "it asks for a user or group that is not allowed",
  14: "an app of this name with other capitals is installed", 15: "it took too long", 27: "the installed app has another vendor id", 29: "its manifest or package.conf is not valid" };
const CONTROL = { 1: "the package is not valid", 4: "there is no such app", 6: "it is running already", 7: "it is not running", 8: "it could not be started", 9: "too many apps are running", 10: "the device could not say why; see its log", 15: "it took too long" };
const by = (id) => document.getElementById(id);

function say(text, bad) {
  by("message").textContent = text;
  by("message").classList.toggle("bad", Boolean(bad));
}

function make(name, text, more) {
  return Object.assign(document.createElement(name), { textContent: text }, more);
}

async function ask(path, options) {
  // The origin in full: a page that was opened with the login in its address could not ask otherwise.
  const answer = await fetch(location.origin + path, { method: "POST", ...options });
  const text = await answer.text();
  if (!answer.ok && answer.status !== 400) throw new Error(`the camera answered ${answer.status}`);
  return text;
}

function explain(text, table) {
  const number = /^Error: (\d+)/.exec(text.trim());
  return number ? `${table[number[1]] || "unknown error"} (error ${number[1]})` : text.trim();
}

function cells(app) {
  const name = app.getAttribute("Name"), status = app.getAttribute("Status"), page = app.getAttribute("ConfigurationPage");
  const title = make("td", app.getAttribute("NiceName") || name);
  title.append(make("small", `${name}, ${app.getAttribute("Vendor") || "unknown vendor"}`));
  const cell = make("td", "", { className: "last" }), actions = make("div", "", { className: "actions" });
  cell.append(actions);
  if (page) actions.append(make("a", "Open", { href: "/" + page.replace(/^\/+/, ""), className: "button" }));
  const running = status === "Running";
  for (const [label, action, usable] of [["Start", "start", !running], ["Stop", "stop", running]]) {
    const button = make("button", label, { type: "button", disabled: !usable });
    button.addEventListener("click", () => control(name, action, button));
    actions.append(button);
  }
  return [title, make("td", app.getAttribute("Version")), make("td", status, { className: running ? "good" : "quiet" }), cell];
}

let shown = "";
async function list() {
  const text = await ask(CGI + "list.cgi");
  if (text === shown) return; // nothing new: keep the focus where it is
  shown = text;
  const rows = [...new DOMParser().parseFromString(text, "text/xml").querySelectorAll("application")].map((app) => {
    const row = make("tr", "");
    row.dataset.app = app.getAttribute("Name");
    row.dataset.status = app.getAttribute("Status");
    row.append(...cells(app));
    return row;
  });
  if (!rows.length) {
    rows.push(make("tr", ""));
    rows[0].append(make("td", "No app is installed.", { colSpan: 4 }));
  }
  by("list").replaceChildren(...rows);
}

async function control(name, action, button) {
  button.disabled = true;
  await attempt(async () => {
    const text = await ask(`${CGI}control.cgi?action=${action}&package=${encodeURIComponent(name)}`);
    if (text.trim() === "OK") say(`${name}: ${action === "start" ? "started" : "stopped"}.`);
    else say(`${name}: ${explain(text, CONTROL)}.`, true);
  });
  shown = "";
  await attempt(list);
}

async function upload(event) {
  event.preventDefault();
  const form = by("upload"), button = form.querySelector("button");
  button.disabled = true;
  say("Installing …");
  await attempt(async () => {
    const text = await ask(CGI + "upload.cgi", { body: new FormData(form) });
    if (text.trim() === "OK") say("Installed. Start it to use it.");
    else say(`Not installed: ${explain(text, UPLOAD)}.`, true);
  });
  button.disabled = false;
  await attempt(list);
}

async function unsigned(change) {
  const box = by("unsigned");
  const text = await ask(CGI + "config.cgi?name=AllowUnsigned&action=" + (change ? `set&value=${box.checked}` : "get"));
  const param = new DOMParser().parseFromString(text, "text/xml").querySelector("param[name=AllowUnsigned]");
  box.disabled = !param;
  if (param) box.checked = param.getAttribute("value") === "true";
  by("unsigned-note").textContent = param ? "" : " (this AXIS OS takes signed apps only)";
}

async function attempt(what) {
  try { await what(); } catch (fault) { say(`That did not work: ${fault.message}.`, true); }
}

by("upload").addEventListener("submit", upload);
by("unsigned").addEventListener("change", () => attempt(async () => {
  await unsigned(true);
  await unsigned(false);
  say(by("unsigned").checked ? "Unsigned apps are allowed." : "Unsigned apps are refused.");
}));
attempt(list);
attempt(() => unsigned(false));
setInterval(() => { if (!document.hidden) list().catch(() => {}); }, 3000);
