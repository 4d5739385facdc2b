"use strict";
// Keeps the page as the lab is: the server sends rows ready to be put in (escaped there), one
// message per change; this only puts them in their place. Without it the page reloads itself.

const byId = (id) => document.getElementById(id);
const live = byId("live");
const filter = byId("filter");
const EVENTS = 50;

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

function put(rows, parent) {
  for (const [id, html] of Object.entries(rows ?? {})) {
    const fresh = element(html);
    const old = byId(id);
    if (old) old.replaceWith(fresh);
    else parent.append(fresh);
    times(fresh);
  }
}

function apply(changes) {
  if (changes.whole) for (const id of ["nodes", "leases", "events"]) byId(id).replaceChildren();
  put(changes.nodes, byId("nodes"));
  put(changes.leases, byId("leases"));
  for (const id of changes.gone ?? []) byId(id)?.remove();
  if (changes.summary !== undefined) byId("summary").innerHTML = changes.summary;
  const list = byId("events");
  for (const html of changes.events ?? []) {
    const line = element(html);
    times(line);
    list.prepend(line);
  }
  while (list.children.length > EVENTS) list.lastElementChild.remove();
  sieve();
}

function sieve() {
  const text = filter.elements.text.value.trim().toLowerCase();
  const busy = filter.elements.busy.checked;
  let shown = 0;
  const rows = byId("nodes").rows;
  for (const row of rows) {
    const hide = (busy && row.dataset.state === "free") ||
      (text !== "" && !row.textContent.toLowerCase().includes(text));
    row.hidden = hide;
    if (!hide) shown += 1;
  }
  byId("count").textContent = shown === rows.length ? `${rows.length}` : `${shown} of ${rows.length}`;
  for (const name of ["nodes", "leases"]) byId(name).classList.toggle("none", !byId(name).rows.length);
}

function span(seconds) {
  const past = seconds >= 0;
  const s = Math.abs(Math.round(seconds));
  const words = s < 90 ? `${s} s` : s < 5400 ? `${Math.round(s / 60)} min` :
    s < 129600 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} d`;
  return past ? `${words} ago` : `in ${words}`;
}

function times(root) {
  for (const time of root.querySelectorAll("time")) {
    if (!time.title) time.title = time.textContent;
    time.textContent = span((Date.now() - Date.parse(time.dateTime)) / 1000);
  }
}

function follow() {
  const stream = new EventSource(`/live?at=${live.dataset.at}`);
  stream.onopen = () => { live.textContent = "live"; live.className = ""; };
  stream.onmessage = (message) => apply(JSON.parse(message.data));
  stream.onerror = () => {
    live.textContent = "The service does not answer; trying again.";
    live.className = "lost";
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, 5000);
  };
}

filter.addEventListener("input", sieve);
filter.addEventListener("submit", (event) => event.preventDefault());
times(document);
sieve();
follow();
setInterval(() => times(document), 10000);
