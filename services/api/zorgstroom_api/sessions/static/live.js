// Looks whether something changed, and sends again what did not arrive. Without it the pages work too.
(() => {
  "use strict";
  const PAUSE = 2500;
  const status = document.getElementById("verbinding");
  let busy = false;

  const lost = (is) => { status.textContent = is ? status.dataset.weg : ""; };
  const main = () => document.querySelector("main[data-stand]");

  // Puts another page in the place of this one, and keeps the reader where he was.
  function show(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const next = page.querySelector("main");
    if (!next || !next.dataset.stand) { return false; }
    const at = document.activeElement && document.activeElement.id;
    document.title = page.title;
    document.body.className = page.body.className;
    main().replaceWith(document.adoptNode(next));
    const back = at && document.getElementById(at);
    if (back) { back.focus(); } else if (at) { next.focus(); }
    return true;
  }

  async function look() {
    const here = main();
    if (here && !busy) {
      try {
        const answer = await fetch(here.dataset.stand, { cache: "no-store" });
        if (!answer.ok) { throw new Error(String(answer.status)); }
        const version = await answer.text();
        if (!busy && version !== main().dataset.versie) {
          const page = await fetch(location.href, { cache: "no-store" });
          if (!page.ok) { throw new Error(String(page.status)); }
          const html = await page.text();
          if (!busy && show(html)) { lost(false); status.textContent = status.dataset.nieuw; }
        } else { lost(false); }
      } catch { lost(true); }
    }
    setTimeout(look, PAUSE + Math.random() * 500);
  }

  async function send(form, data) {
    busy = true;
    for (;;) {
      try {
        const answer = await fetch(form.action, { method: "POST", body: data });
        if (answer.status < 500 && answer.status !== 429) {
          const html = await answer.text();
          lost(false);
          if (show(html)) { main().focus(); } else { location.reload(); }
          break;
        }
      } catch { /* no connection: once more in a moment */ }
      lost(true);
      await new Promise((done) => setTimeout(done, PAUSE));
    }
    busy = false;
  }

  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") { return; }
    event.preventDefault();
    if (!busy) { send(event.target, new URLSearchParams(new FormData(event.target, event.submitter))); }
  });
  setTimeout(look, PAUSE);
})();
