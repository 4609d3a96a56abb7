// What the frame does in the browser, once per window. `pages` are the addresses of the product's own pages.
// `words` are the fixed words of the toolkit with those of the visitor's language; those with a space at
// an end stand beside words of the page itself.
if (!window.zorgstroom) {
  window.zorgstroom = { pages: [], words: {} };

  // The skip link has to be the first stop of the Tab key, before Streamlit's own menu: only a script can put it there.
  const skip = document.createElement("a");
  skip.id = "zs-skip";
  skip.className = "zs-skip";
  skip.href = "#inhoud";
  document.body.prepend(skip);

  const heading = () => document.getElementById("inhoud");
  const reach = () => {
    heading()?.focus({ preventScroll: true });
    heading()?.scrollIntoView({ block: "center" });
  };

  // Somebody who reads with the ears hears the heading of the page that came.
  const announce = (before) => {
    const seen = new MutationObserver(() => {
      const now = heading();
      if (!now || now === before) return;
      seen.disconnect();
      now.focus({ preventScroll: true });
    });
    seen.observe(document.body, { childList: true, subtree: true });
    setTimeout(() => seen.disconnect(), 10000);
  };

  // A choice on a page changes its address, but is no page to go back to: only another page is. Who leaves by the menu
  // leaves the address of the page as it was: the toolkit writes what belongs to the next page before it goes there.
  const push = history.pushState.bind(history);
  let leaving = 0;
  history.pushState = (state, title, address) => {
    const samePage = new URL(address ?? location.href, location.href).pathname === location.pathname;
    if (!samePage) push(state, title, address);
    else if (!leaving) history.replaceState(state, title, address);
    if (!samePage) leaving = 0;
  };
  const inMenu = ["stTopNavLink", "stTopNavDropdownLink", "stSidebarNavLink", "stLogoLink"]
    .map((name) => `[data-testid=${name}]`)
    .join(", ");
  const leave = () => {
    clearTimeout(leaving);
    leaving = setTimeout(() => (leaving = 0), 3000);
  };

  // A link to another page of the product keeps the session: what was typed and not saved yet, and one's own key.
  const follow = (event, link) => {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const to = new URL(link.href);
    const page = to.pathname.split("/").pop();
    if (link.target || to.origin !== location.origin || to.hash) return;
    if (page && !window.zorgstroom.pages.includes(page)) return;
    event.preventDefault();
    announce(heading());
    push(null, "", to.href);
    window.dispatchEvent(new PopStateEvent("popstate"));
    for (let box = link.parentElement; box; box = box.parentElement) box.scrollTop = 0;
  };

  // The clipboard of the browser is for secure pages only; on a laptop in a meeting room there is no certificate.
  const copy = (button) => {
    const area = document.createElement("textarea");
    area.value = button.dataset.copy;
    area.className = "zs-unseen";
    button.after(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    button.focus();
    if (copied) button.parentElement.querySelector("[role=status]").textContent = button.dataset.copied;
  };

  // What the toolkit draws in a way that a page cannot change: its own skip link, a menu that can be reached by
  // keyboard while it is folded away, a list with something else in it than its items, and English words.
  const inWords = "[data-testid=InputInstructions], [role=listbox], [data-testid=stFileUploader], [role=dialog]";
  const inOwnWords = (theirs) => {
    const words = window.zorgstroom.words;
    if (words[theirs]) return words[theirs];
    const beside = (known) =>
      known.endsWith(" ") ? theirs.startsWith(known) : known.startsWith(" ") && theirs.includes(known);
    const parts = Object.keys(words).filter(beside);
    return parts.length ? parts.reduce((text, part) => text.replace(part, words[part]), theirs) : null;
  };
  const mend = () => {
    for (const theirs of document.querySelectorAll("[data-testid=stSkipToContent]")) theirs.style.display = "none";
    for (const menu of document.querySelectorAll("[data-testid=stSidebar]"))
      menu.inert = menu.dataset.collapsed === "true";
    for (const section of document.querySelectorAll("[data-testid=stSidebarNavItems] > div")) {
      section.setAttribute("role", "listitem");
      for (const item of section.querySelectorAll(":scope > li")) item.setAttribute("role", "none");
    }
    for (const named of document.querySelectorAll("[aria-label]")) {
      const word = inOwnWords(named.getAttribute("aria-label"));
      if (word) named.setAttribute("aria-label", word);
    }
    // Two steps: looking at all there is for what stands in one of these costs ten times as much.
    const holders = [...document.querySelectorAll(inWords)].flatMap((box) => [box, ...box.querySelectorAll("*")]);
    for (const holder of holders)
      for (const text of holder.childNodes) {
        const word = text instanceof Text && inOwnWords(text.data);
        if (word) text.data = word;
      }
    for (const field of document.querySelectorAll("input[placeholder]")) {
      const word = inOwnWords(field.placeholder);
      if (word) field.placeholder = word;
    }
  };
  let mending = 0;
  const soon = () => {
    mending ||= requestAnimationFrame(() => {
      mending = 0;
      mend();
    });
  };
  const watched = { childList: true, subtree: true, attributes: true, attributeFilter: ["data-collapsed"] };
  new MutationObserver(soon).observe(document.body, watched);
  window.zorgstroom.mend = soon;

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest(inMenu)) leave();
    // On a phone the menu lies over the page that was chosen in it.
    if (event.target.closest("[data-testid=stSidebarNavLink]"))
      document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
    if (event.defaultPrevented) return;
    if (event.target.closest("#zs-skip")) {
      event.preventDefault();
      reach();
      return;
    }
    const button = event.target.closest("button[data-copy]");
    if (button) copy(button);
    const link = event.target.closest(".zs a[href]");
    if (link) follow(event, link);
  });
}
