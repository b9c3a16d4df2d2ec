// What the pages do without being asked: the time that is left, and no form sent twice. They work without it, too.
"use strict";

for (const clock of document.querySelectorAll("[data-expires]")) {
  const say = clock.parentElement.querySelector("[data-say]");
  const expires = Number(clock.dataset.expires) * 1000;
  let said = "";
  const tell = (text) => {
    if (say && said !== text) {
      said = text;
      say.textContent = text;
    }
  };
  const tick = () => {
    const left = Math.max(0, Math.ceil((expires - Date.now()) / 1000));
    if (left === 0) {
      clock.textContent = clock.dataset.over;
      clock.classList.add("over");
      tell(clock.dataset.over);
      return;
    }
    const minutes = Math.floor(left / 60);
    clock.textContent = `${clock.dataset.left} ${minutes}:${String(left % 60).padStart(2, "0")}`;
    clock.classList.toggle("soon", left <= 20);
    if (left <= 20) {
      tell(clock.dataset.soon);
    }
    setTimeout(tick, 1000 - (Date.now() % 1000));
  };
  tick();
}

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    setTimeout(() => {
      for (const button of form.querySelectorAll("button[type=submit]")) {
        button.disabled = true;
      }
    });
  });
}

// The token's page stands beside this one, and is the same for each code.
for (const link of document.querySelectorAll("a[data-beside]")) {
  link.addEventListener("click", (event) => {
    const place = `popup,width=460,height=${screen.availHeight},left=${screen.availWidth - 460},top=0`;
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey && open(link.href, link.target, place)) event.preventDefault();
  });
}

const summary = document.querySelector(".summary");
if (summary) {
  summary.focus();
}
