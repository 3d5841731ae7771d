// The residents' chat page: sends what is typed or tapped, shows what the server streams.
// History lives in this tab only (sessionStorage): phones are shared, and the server keeps nothing
// that this page has already shown.
"use strict";
const texts = JSON.parse(document.getElementById("texts").textContent);
const $ = (id) => document.getElementById(id);
const shown = JSON.parse(sessionStorage.getItem("abc") || '{"after":0,"list":[]}');
const waiting = [];
let sending = false;
let lastShown = 0;

function keep() {
  shown.list = shown.list.slice(-200);
  sessionStorage.setItem("abc", JSON.stringify(shown));
}

function speak(language) {
  const t = texts[language];
  if (!t) return;
  document.documentElement.lang = language;
  document.documentElement.dir = t.dir;
  document.title = $("title").textContent = t.title;
  $("write").textContent = $("text").placeholder = t.write;
  $("sendlabel").textContent = t.send;
  $("offline").textContent = t.offline;
}

function bubble(kind, fill) {
  $("wait")?.remove();
  const box = document.createElement("div");
  box.className = `bubble ${kind}`;
  box.dir = "auto";
  fill(box);
  $("messages").append(box);
  return box;
}

function showMine(text) {
  bubble("you", (box) => { box.textContent = text; });
}

function showTheirs(message) {
  if (message.language) speak(message.language);
  const box = bubble("bot", (b) => { b.innerHTML = message.html; }); // made and escaped by the server
  box.dir = document.documentElement.dir;
  for (const row of message.buttons) {
    const line = document.createElement("div");
    line.className = "row";
    for (const { label, data } of row) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", () => { say(label, { button: data }); });
      line.append(button);
    }
    $("messages").append(line);
  }
}

function down(box) {
  const list = $("messages");
  const target = box || list.lastElementChild;
  // A long answer is read from its beginning, so its top is brought into view, not its end.
  if (target) list.scrollTop = Math.min(target.offsetTop - list.offsetTop - 8, list.scrollHeight);
}

function pause() {
  const box = bubble("bot", (b) => { b.textContent = "•••"; b.classList.add("wait"); });
  box.id = "wait";
  down(box);
  // A person who has the case answers later; waiting dots would promise too much.
  setTimeout(() => box.remove(), 8000);
}

function say(label, what) {
  if (label) {
    showMine(label);
    shown.list.push({ mine: label });
    keep();
  }
  pause();
  waiting.push({ id: crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now(), ...what });
  flush();
}

// One message at a time, in order, again and again until the server has saved it.
async function flush() {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    try {
      const answer = await fetch("/chat/send", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(waiting[0]),
      });
      if (answer.status === 401) { location.reload(); return; }
      if (answer.status >= 500) throw new Error("later");
      waiting.shift();
      $("offline").hidden = true;
    } catch {
      $("offline").hidden = false;
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
  sending = false;
}

function listen() {
  const events = new EventSource(`/chat/events?after=${shown.after}`);
  events.onopen = () => { $("offline").hidden = true; };
  events.onerror = () => {
    $("offline").hidden = false;
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
  events.onmessage = (event) => {
    const id = Number(event.lastEventId);
    if (id <= shown.after) return;
    const message = JSON.parse(event.data);
    // Of several messages in a row the first is brought into view and stays there.
    const first = Date.now() - lastShown > 2000 || $("wait") !== null;
    lastShown = Date.now();
    showTheirs(message);
    shown.after = id;
    shown.list.push(message);
    keep();
    if (first) down([...$("messages").querySelectorAll(".bot")].pop());
  };
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  say(text, { text });
});
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("form").requestSubmit();
  }
});
$("menu").addEventListener("click", () => say("", { command: "menu" }));
$("language").addEventListener("click", () => say("", { command: "language" }));

for (const entry of shown.list) {
  if (entry.mine) showMine(entry.mine); else showTheirs(entry);
}
if (shown.list.length) down(); else say("", { command: "start" });
listen();
