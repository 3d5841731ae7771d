// The console's small helps: times in the caseworker's own zone, and lists that renew themselves.
"use strict";
function tell(root) {
  for (const time of root.querySelectorAll("time")) {
    time.textContent = new Date(time.dateTime).toLocaleString("de", { dateStyle: "short", timeStyle: "short" });
  }
}
tell(document);
const list = document.querySelector("[data-refresh]");
if (list) {
  setInterval(async () => {
    try {
      const answer = await fetch(location.href);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-refresh]");
      const title = page.querySelector("h1");
      if (!answer.ok || !fresh) return;
      tell(fresh);
      if (fresh.innerHTML !== list.innerHTML) list.innerHTML = fresh.innerHTML;
      document.querySelector("h1").innerHTML = title.innerHTML;
    } catch { /* the next try will tell */ }
  }, Number(list.dataset.refresh) * 1000);
}
