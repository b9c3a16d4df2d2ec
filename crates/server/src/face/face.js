// The page: a token in its session, what it is shown, and what it says.

import { Problem, Token, handed, hasCode, speak } from "./api.js";
import { buttons, draw, spoken } from "./device.js";
import { Camera, carried, clipboard, decoded, grabbed } from "./eyes.js";
import { Practice } from "./practice.js";
import { choose, has, t, texts, write } from "./texts.js";

const $ = (id) => document.getElementById(id);
const key = (side) => document.querySelector(`[data-button="${side}"]`);
const HISTORY = 50;
const LATE_S = 20;
const LONG_S = 3600;
const CALM = 4;

let language = firstLanguage();
let token;
let practice;
let shown = null;
let expiry = null;
let clockAhead = 0;
let busy = false;
let camera = null;
const history = [];

await start();

async function start() {
  colours(localStorage.getItem("mode") ?? "auto");
  words();
  controls();
  try {
    token = await Token.open(language);
    await token.speak(language);
    $("serial").textContent = token.id;
    token.watch(see, again);
    practice = new Practice($("practice-body"), token, { show: look, wake: slots, fail: tell });
    if (await Practice.isThere()) {
      $("practice").hidden = false;
      await practice.begin();
    }
    await slots();
    const code = handed();
    if (token.instead) tell(new Error(t("gone")));
    else if (code) await look(code);
  } catch (problem) {
    tell(problem);
  }
  setInterval(tick, 250);
  // A site hands over the next code to the page that is open.
  addEventListener("hashchange", () => {
    if (!hasCode()) return;
    if (token?.isNamed()) look(handed());
    else location.reload();
  });
}

/** The session is over, or the service was restarted. */
async function again() {
  try {
    token = await Token.open(language);
    $("serial").textContent = token.id;
    token.watch(see, again);
    Object.assign(practice, { token, stage: "start" });
    await practice.begin();
    await slots();
    tell(null);
  } catch {
    $("error").textContent = t("away");
    $("error").hidden = false;
    setTimeout(again, 2000);
  }
}

// ---- What the token shows.

function see(now) {
  const before = shown;
  shown = now;
  clockAhead = Date.parse(now.now) - Date.now();
  draw($("panel"), now);
  $("panel").lang = tokenLanguage();
  $("dark").hidden = now.lit;
  labels();
  const digits = now.response ?? now.deviceCode;
  $("copy").hidden = !digits;
  if (digits && digits !== (before?.response ?? before?.deviceCode)) {
    // Who uses the keyboard copies the digits with the next Enter.
    $("below").hidden = false;
    if (key("right").matches(":focus-visible")) $("copy").focus();
    if (history[0]?.outcome === "shown") {
      history[0].digits = digits;
      drawHistory();
    }
  }
  if (["off", "ready", "refused"].includes(now.state)) expiry = null;
  if (before && before.text !== now.text) $("said").textContent = now.lit ? spoken(now) : t("darkText");
  if (before && ["asking", "done", "menu"].includes(before.state) && before.state !== now.state) slots();
  tick();
}

function labels() {
  const keys = { left: 0, center: 1, right: 2 };
  for (const [side, at] of Object.entries(keys)) {
    let label = shown?.softkeys[at] ?? "";
    if (side === "center" && !label) label = t(shown?.lit ? "powerOff" : "powerOn");
    $(`key-${side}`).textContent = t(label ? "keyWith" : "keyNone", { side: t(side), label });
  }
}

/** What the device speaks: another language may have been chosen in its menu. */
function tokenLanguage() {
  const header = shown?.lines.find(({ role }) => role === "header")?.text;
  if (!header) return language;
  return /[\u3041-\u30ff\u4e00-\u9fff]/.test(header) ? "ja" : "en";
}

function tick() {
  const here = expiry !== null && shown?.lit;
  $("clock").hidden = !here;
  $("below").hidden = $("copy").hidden && !here;
  if (!here) return;
  const left = Math.max(0, Math.ceil((expiry.at - Date.now() - clockAhead) / 1000));
  const late = left <= LATE_S;
  $("clock").classList.toggle("late", late);
  $("bar").style.transform = `scaleX(${Math.min(1, left / expiry.span)})`;
  $("clock-text").textContent = left ? t("valid", { time: `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` }) : t("expired");
  // A screen reader reads it out three times, not every second.
  const stage = left === 0 ? "end" : late ? "late" : "start";
  if (stage !== expiry.told) {
    expiry.told = stage;
    const time = t("minutes", { m: Math.floor(left / 60), s: left % 60 });
    $("time-said").textContent = t({ start: "saidStart", late: "saidLate", end: "saidEnd" }[stage], { time });
  }
}

async function press(button, action) {
  if (!token) return;
  if (button === "center" && !shown?.lit) action = "hold";
  try {
    see(await token.press(button, action));
    tell(null);
  } catch (problem) {
    tell(problem);
  }
}

// ---- What the token is shown.

/** Holds a picture, a code's text or a frame before the token. */
async function look(seen) {
  if (!seen || busy || !token) return;
  busy = true;
  document.body.classList.add("looking");
  $("reading").hidden = false;
  tell(null);
  try {
    let scanned;
    try {
      scanned = await token.scan(seen);
    } catch (problem) {
      if (problem.code !== "CT-E042" || !(seen instanceof Blob)) throw problem;
      scanned = await token.scan(await decoded(seen).catch(() => Promise.reject(new Error(t("unread", { name: seen.name || t("thisFile") })))));
    }
    $("reading").hidden = true;
    await took(scanned, seen);
  } catch (problem) {
    tell(problem);
  } finally {
    busy = false;
    $("reading").hidden = true;
    document.body.classList.remove("looking");
  }
}

async function took(scanned, seen) {
  // Where a test holds the clock, nothing counts down; nor do the 90 days of a first code.
  const at = Date.parse(scanned.expiresAt);
  const span = Math.max(1, (at - Date.now() - clockAhead) / 1000);
  if (span <= LONG_S && (await token.clock()).running) {
    expiry = { at, span, told: "" };
  } else if (scanned.outcome === "refused" || scanned.expiresAt) {
    expiry = null;
  }
  const shot = await picture(scanned, seen);
  if (scanned.outcome !== "looking") remember(scanned, shot);
  tick();
  // Enter goes on where the person looks now.
  key("right").focus({ preventScroll: true });
  // On a phone the token may be far up.
  $("panel").scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

/** Shows how the picture was: what was seen in it, its grade, one word of advice. Gives the address of the picture, which the history keeps. */
async function picture(scanned, seen) {
  const { quality } = scanned;
  if (!quality) {
    $("view").hidden = true;
    return null;
  }
  grade(quality);
  if (camera) return null;
  let shot = seen instanceof Blob ? seen : null;
  if (scanned.overlayUrl) {
    const response = await fetch(scanned.overlayUrl.replace(".svg", ".png"));
    if (response.ok) shot = await response.blob();
  }
  const address = shot && URL.createObjectURL(shot);
  $("overlay").hidden = !address;
  if (address) $("overlay").src = address;
  $("shot").hidden = !address;
  $("view").hidden = false;
  return address;
}

function grade(quality) {
  $("grade").hidden = false;
  $("letter").textContent = quality.grade;
  $("letter").dataset.grade = quality.grade;
  $("letter").setAttribute("aria-label", t("gradeOf", { grade: quality.grade }));
  $("letter").setAttribute("role", "img");
  $("word").textContent = quality.worst && has(quality.worst) ? t(quality.worst) : t("good");
  $("advice").textContent = quality.advice[0] ?? t("goodText");
}

/** What was seen in a frame that was not read, drawn over the moving picture. */
function marks({ corners, finders = [], grade: letter }, { width, height }) {
  const svg = $("marks");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const shape = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const frame = corners ? [shape("polygon", { points: corners.map((corner) => corner.join()).join(" ") })] : [];
  svg.replaceChildren(...frame, ...finders.map(([cx, cy]) => shape("circle", { cx, cy, r: height / 45 })));
  svg.dataset.grade = letter;
  svg.toggleAttribute("hidden", !svg.childElementCount);
}

async function film() {
  if (camera) return halt();
  const mine = new Camera($("video"));
  camera = mine;
  try {
    tell(null);
    await mine.start();
  } catch (problem) {
    if (camera !== mine) return;
    halt();
    return tell(problem.name === "NotAllowedError" ? new Error(t("denied")) : problem);
  }
  if (camera !== mine) return;
  Object.assign($("overlay"), { hidden: true });
  for (const id of ["view", "shot", "video", "stop"]) $(id).hidden = false;
  $("grade").hidden = false;
  $("letter").textContent = "·";
  $("letter").removeAttribute("data-grade");
  $("word").textContent = t("looking");
  $("advice").textContent = t("lookingAdvice");
  document.body.classList.add("looking");
  $("stop").focus();
  try {
    await mine.run(async (frame) => {
      const scanned = await token.scan(frame);
      if (camera !== mine) return true;
      if (scanned.outcome === "looking") {
        marks(scanned.quality, frame);
        // A word that changes with every frame cannot be read.
        if (frame.frame % CALM === 0) grade(scanned.quality);
        return false;
      }
      halt();
      await took(scanned, frame);
      return true;
    });
  } catch (problem) {
    halt();
    tell(problem);
  }
}

function halt() {
  camera?.stop();
  camera = null;
  document.body.classList.remove("looking");
  $("video").hidden = true;
  $("marks").toggleAttribute("hidden", true);
  $("stop").hidden = true;
  $("view").hidden = $("overlay").hidden;
}

/** Reads an image that the user brings, and says so if there is none. */
async function lookAt(bringing, nothing) {
  try {
    const seen = await bringing;
    if (seen) await look(seen);
    else tell(new Error(t(nothing)));
  } catch (problem) {
    tell(problem.name === "NotAllowedError" ? new Error(t("denied")) : problem);
  }
}

async function copy() {
  const digits = shown?.response ?? shown?.deviceCode;
  if (!digits) return;
  try {
    await navigator.clipboard.writeText(digits);
    const label = $("copy").querySelector("span");
    label.textContent = t("copied");
    $("said").textContent = t("copied");
    setTimeout(() => (label.textContent = t("copy")), 1800);
    if ($("copy").matches(":focus-visible")) practice?.field()?.focus();
  } catch (problem) {
    tell(problem);
  }
}

// ---- What has happened.

function remember(scanned, shot) {
  const title = scanned.screen?.pages[0]?.lines.find(({ role }) => role === "header")?.text ?? "";
  const field = (name) => scanned.fields.find((found) => found.name === name)?.shown;
  const parts = [field("amount"), field("payee")].filter(Boolean);
  const detail = parts.length ? parts : scanned.fields.slice(0, 2).map(({ label, shown: value }) => `${label} ${value}`);
  const { outcome, fields, code, message, hint, expiresAt } = scanned;
  // The same code, read again, and another one with the same content differ in their time of expiry.
  const same = JSON.stringify([outcome, code, title, expiresAt, fields]);
  const reading = history.filter((entry) => entry.same === same).length + 1;
  history.unshift({ at: new Date(), outcome, title, detail: detail.join(" · "), fields, code, message, hint, shot, same, reading, open: false });
  for (const gone of history.splice(HISTORY)) if (gone.shot) URL.revokeObjectURL(gone.shot);
  drawHistory();
}

function drawHistory() {
  $("history-none").hidden = history.length > 0;
  $("history").replaceChildren(...history.map(reading));
}

/** A line of the history, which opens with the picture and all fields. */
function reading(entry) {
  const refused = entry.outcome === "refused";
  const time = element("time", { dateTime: entry.at.toISOString() }, entry.at.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", second: "2-digit" }));
  const again = entry.reading > 1 ? ` ${t("readAgain", { count: entry.reading })}` : "";
  const title = element("b", { className: refused ? "refused" : "" }, (refused ? t("refusedBy", { code: entry.code }) : entry.title) + again);
  const what = element("span", { className: "what" }, title, element("span", {}, refused ? entry.message : entry.detail));
  const answer = element("span", { className: "answer" }, (entry.digits ?? "").replace(/(.{4})(?=.)/g, "$1 "));
  const inside = element("div", { className: "inside" });
  if (entry.shot) inside.append(element("img", { src: entry.shot, alt: t("overlayAlt") }));
  if (entry.fields.length) {
    const rows = entry.fields.map(({ label, shown: value }) => element("div", {}, element("dt", {}, label), element("dd", {}, value)));
    inside.append(element("dl", {}, ...rows));
  }
  if (entry.hint) inside.append(element("p", {}, entry.hint));
  const details = element("details", { open: entry.open }, element("summary", {}, time, what, answer), inside);
  details.addEventListener("toggle", () => (entry.open = details.open));
  return element("li", {}, details);
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Who is registered on the token. */
async function slots() {
  const { activations } = await token.report();
  practice?.registered(activations);
  const entries = activations.map(({ slot, bank, contract, user }) => {
    const item = document.createElement("li");
    const number = document.createElement("span");
    number.className = "slot";
    number.textContent = t("slot", { slot });
    // The bank of the practice is called as the page speaks.
    const name = [texts.ja.bankName, texts.en.bankName].includes(bank) ? t("bankName") : bank;
    item.append(number, `${name}  ${contract}  ${user}`);
    return item;
  });
  if (!entries.length) {
    const none = document.createElement("li");
    none.className = "muted";
    none.textContent = t("onTokenNone");
    entries.push(none);
  }
  $("slots").replaceChildren(...entries);
}

function tell(problem) {
  const said = problem instanceof Problem ? `${problem.message}. ${problem.hint}` : problem instanceof TypeError ? t("away") : (problem?.message ?? "");
  $("error").textContent = said.replace(/。\. /, "。").replace(/([。.])\. /, "$1 ");
  $("error").hidden = !problem;
  if (problem) $("said").textContent = $("error").textContent;
}

// ---- The page.

function controls() {
  buttons(document.querySelectorAll(".key"), press);
  $("choose").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", async () => {
    await look($("file").files[0]);
    $("file").value = "";
  });
  $("paste").addEventListener("click", () => lookAt(clipboard(), "nothingPasted"));
  // A phone has no screen to grab, and a page that came without TLS from elsewhere has neither.
  $("grab").hidden = !navigator.mediaDevices?.getDisplayMedia;
  $("camera").hidden = !navigator.mediaDevices?.getUserMedia;
  $("grab").addEventListener("click", () => lookAt(grabbed(), "notCarried"));
  $("camera").addEventListener("click", film);
  $("stop").addEventListener("click", () => {
    halt();
    $("camera").focus();
  });
  $("copy").addEventListener("click", copy);
  $("mode").addEventListener("click", () => {
    const modes = ["auto", "light", "dark"];
    colours(modes[(modes.indexOf(localStorage.getItem("mode") ?? "auto") + 1) % modes.length]);
  });
  for (const choice of document.querySelectorAll("[data-lang]")) {
    choice.addEventListener("click", () => inLanguage(choice.dataset.lang));
  }
  $("letters").checked = localStorage.getItem("letters") !== "no";
  $("letters").addEventListener("change", () => localStorage.setItem("letters", $("letters").checked ? "yes" : "no"));
  document.addEventListener("keydown", keys);
  document.addEventListener("paste", async (event) => {
    if (event.target.closest?.("input, textarea") && !event.clipboardData.files.length) return;
    event.preventDefault();
    await lookAt(carried(event.clipboardData), "nothingPasted");
  });
  // Digits that are selected on the screen are copied without the space that groups them.
  $("panel").addEventListener("copy", (event) => {
    const selected = String(getSelection()).trim();
    if (!/^[\d ]+$/.test(selected)) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", selected.replaceAll(" ", ""));
  });
  drops();
  addEventListener("resize", () => shown && draw($("panel"), shown));
  document.fonts?.ready.then(() => shown && draw($("panel"), shown));
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
  const inside = event.target.closest?.("input, textarea, select, button, a, summary");
  const letters = $("letters").checked && !event.target.closest?.("input:not([type=checkbox]), textarea, select");
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = {
    c: () => letters && copy(),
    p: () => letters && press("center", "hold"),
    Enter: () => !inside && press("right", "press"),
    ArrowRight: () => !inside?.matches("input") && press("right", "press"),
    ArrowLeft: () => !inside?.matches("input") && press("left", "press"),
    ArrowDown: () => event.target.closest?.("#token") && press("center", "press"),
    Escape: () => !inside?.matches("input") && (camera ? halt() : press("left", "press")),
  }[name];
  if (act && act() !== false && name === "ArrowDown") event.preventDefault();
}

function drops() {
  let depth = 0;
  const veil = (on) => ($("veil").hidden = !on);
  addEventListener("dragenter", (event) => {
    event.preventDefault();
    depth += 1;
    veil(true);
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) veil(false);
  });
  addEventListener("dragend", () => veil((depth = 0)));
  addEventListener("drop", async (event) => {
    event.preventDefault();
    veil((depth = 0));
    await lookAt(carried(event.dataTransfer), "notCarried");
  });
}

function firstLanguage() {
  const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("lang");
  if (asked === "ja" || asked === "en") return asked;
  return navigator.languages.find((tag) => /^(ja|en)\b/.test(tag))?.slice(0, 2) ?? "en";
}

async function inLanguage(lang) {
  language = lang;
  localStorage.setItem("lang", lang);
  words();
  try {
    await token?.speak(lang);
    await slots();
  } catch (problem) {
    tell(problem);
  }
}

function words() {
  choose(language);
  speak(language);
  document.documentElement.lang = language;
  document.title = `camtoken – ${t("title")}`;
  write(document);
  $("overlay").alt = t("overlayAlt");
  for (const choice of document.querySelectorAll("[data-lang]")) {
    choice.setAttribute("aria-pressed", String(choice.dataset.lang === language));
  }
  colours(localStorage.getItem("mode") ?? "auto");
  labels();
  drawHistory();
  practice?.draw();
}

function colours(mode) {
  localStorage.setItem("mode", mode);
  if (mode === "auto") delete document.documentElement.dataset.mode;
  else document.documentElement.dataset.mode = mode;
  const name = t({ auto: "modeAuto", light: "modeLight", dark: "modeDark" }[mode]);
  $("mode-text").textContent = name;
  $("mode").setAttribute("aria-label", t("modeLabel", { mode: name }));
}
