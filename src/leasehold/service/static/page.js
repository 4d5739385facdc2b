"use strict";
// htmx does the work. This tells whether the page is live, shows times as people say them, and lets
// the answer to a form be seen when it is a no.

// A page that the browser keeps for "back" would keep its stream too, and there are few to one host.
const connect = htmx.createEventSource;
let stream;
htmx.createEventSource = (url) => (stream = connect(url));
addEventListener("pagehide", () => stream?.close());
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

const live = document.getElementById("live");

function said(text, lost) {
  if (live.textContent !== text) live.textContent = text;
  live.classList.toggle("lost", lost);
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

document.body.addEventListener("htmx:sseOpen", () => said("live", false));
document.body.addEventListener("htmx:sseError", () =>
  said("The service does not answer; trying again.", true));
document.body.addEventListener("htmx:afterSwap", (event) => {
  times(document);
  // The form that asked may be gone by now, and what it then tells reaches nobody.
  if (event.detail.target.id === "said") htmx.trigger(document.body, "done");
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "said") event.detail.shouldSwap = true;
});
document.body.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) location.assign("/sign-in");
});
times(document);
setInterval(() => times(document), 10000);
