// The device: its screen drawn from the screen's document, and its three buttons.

const WIDTH = 320;
const HEIGHT = 240;
const MARGIN = 4;
const HOLD_MS = 600;

/** Draws a screen: real text, each line in its place. */
export function draw(panel, shown) {
  panel.classList.toggle("unlit", !shown.lit);
  const soft = shown.softkeys.map((label, at) => label && softkey(label, ["left", "center", "right"][at]));
  panel.replaceChildren(...shown.lines.map(line), ...soft.filter(Boolean));
  for (const drawn of panel.querySelectorAll(".line")) fit(drawn);
}

function line(document_) {
  const { x, y, width, height, text, style, role } = document_;
  const box = document.createElement("div");
  box.className = "line";
  box.dataset.style = style;
  box.dataset.role = role;
  // A box in the middle of the panel was put there.
  const ground = style === "inverse" || style === "band";
  if (!ground && x > MARGIN && Math.abs(x + width / 2 - WIDTH / 2) < 1) box.classList.add("centred");
  box.style.left = `${(x / WIDTH) * 100}%`;
  box.style.top = `${(y / HEIGHT) * 100}%`;
  box.style.width = `${(width / WIDTH) * 100}%`;
  box.style.height = `${(height / HEIGHT) * 100}%`;
  const written = document.createElement("span");
  written.textContent = text;
  box.append(written);
  return box;
}

function softkey(label, side) {
  const key = document.createElement("div");
  key.className = "soft";
  key.dataset.side = side;
  key.textContent = label;
  // The button below says the same.
  key.setAttribute("aria-hidden", "true");
  return key;
}

/** Makes a line narrower where the reader's font is wider than the token's. */
function fit(box) {
  const written = box.firstElementChild;
  const panel = box.parentElement.clientWidth;
  const padding = parseFloat(getComputedStyle(box).paddingLeft) * 2;
  const edge = box.classList.contains("centred") || padding > 0 ? box.clientWidth : panel * (1 - MARGIN / WIDTH) - box.offsetLeft;
  const room = (box.classList.contains("centred") ? panel * (1 - (2 * MARGIN) / WIDTH) : edge) - padding;
  const needed = written.offsetWidth;
  written.style.transform = needed > room && room > 0 ? `scaleX(${room / needed})` : "";
}

/** What a screen says, for who listens: values after their labels, a digit at a time where digits are to be typed. */
export function spoken(shown) {
  const said = [];
  for (const { text, role } of shown.lines) {
    if (role === "page") continue;
    const words = role === "response" || role === "deviceCode" ? [...text].join(" ") : text.trim();
    if (words) said.push(words);
  }
  return said.join(". ");
}

/** Calls back when a button is pressed, or held. */
export function buttons(keys, act) {
  for (const key of keys) {
    const button = key.dataset.button;
    let timer = 0;
    let held = false;
    const release = () => {
      clearTimeout(timer);
      timer = 0;
    };
    key.addEventListener("pointerdown", () => {
      held = false;
      timer = setTimeout(() => {
        held = true;
        act(button, "hold");
      }, HOLD_MS);
    });
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) key.addEventListener(end, release);
    key.addEventListener("contextmenu", (event) => event.preventDefault());
    key.addEventListener("click", (event) => {
      // A key of the keyboard clicks without a pointer, and holds nothing.
      if (!held || event.detail === 0) act(button, "press");
      held = false;
    });
  }
}
