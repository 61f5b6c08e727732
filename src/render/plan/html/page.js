// Searching and filtering. The page says everything without this; nothing here comes from a plan.
(() => {
  "use strict";
  const at = (id) => document.getElementById(id);

  const expires = at("expires");
  if (expires && Date.parse(expires.dateTime) <= Date.now()) at("expired").hidden = false;

  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.scheme ? root.dataset.scheme === "dark" : prefersDark.matches);
  const scheme = at("scheme");
  const nameScheme = () => { scheme.textContent = isDark() ? "Light colours" : "Dark colours"; };
  scheme.addEventListener("click", () => { root.dataset.scheme = isDark() ? "light" : "dark"; nameScheme(); });
  prefersDark.addEventListener("change", nameScheme);
  nameScheme();
  scheme.hidden = false;

  // Printed, everything is open; afterwards it is as it was.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of folded) one.open = false; });

  if (!at("list")) return;
  const changes = [...at("list").children];
  const search = at("search"), show = at("show");
  const kinds = changes.map((change) => new Set(change.dataset.is.split(" ")));
  // Read once, at the first search: five thousand changes are some megabytes of text.
  let texts;
  const words = () => search.value.toLowerCase().split(/\s+/).filter(Boolean);

  const filter = () => {
    const wanted = words(), kind = show.value;
    if (wanted.length) texts ??= changes.map((change) => change.textContent.toLowerCase());
    let count = 0;
    changes.forEach((change, index) => {
      const fits = (!kind || kinds[index].has(kind)) && wanted.every((word) => texts[index].includes(word));
      if (fits) count += 1;
      if (change.hidden === fits) change.hidden = !fits;
    });
    at("shown").textContent = count === changes.length ? `${count} ${count === 1 ? "change" : "changes"}` : `${count} of ${changes.length} changes`;
    at("none").hidden = count > 0;
  };

  const remember = () => {
    const state = new URLSearchParams();
    if (search.value) state.set("q", search.value);
    if (show.value) state.set("show", show.value);
    const text = state.toString();
    history.replaceState(null, "", text ? `#?${text}` : location.pathname + location.search);
  };

  const set = (q, kind) => {
    search.value = q;
    show.value = [...show.options].some((option) => option.value === kind) ? kind : "";
    filter();
  };

  // `#?q=…&show=…` is a filter, `#change-…` is one change: unfolded, and shown whatever the filter says.
  const follow = (first) => {
    const hash = location.hash;
    if (hash.startsWith("#?")) {
      const state = new URLSearchParams(hash.slice(2));
      set(state.get("q") ?? "", state.get("show") ?? "");
      if (!first) at("changes").scrollIntoView();
      return;
    }
    if (first) filter();
    const change = hash.startsWith("#change-") ? at(hash.slice(1)) : null;
    if (!change) return;
    if (change.hidden) set("", "");
    change.open = true;
    change.scrollIntoView();
    change.querySelector("summary").focus({ preventScroll: true });
  };

  let waiting;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => { filter(); remember(); }, 120); });
  show.addEventListener("change", () => { filter(); remember(); });
  at("reset").addEventListener("click", () => { set("", ""); remember(); search.focus(); });
  const fold = (open) => { for (const change of changes) if (!change.hidden && change.open !== open) change.open = open; };
  at("unfold").addEventListener("click", () => fold(true));
  at("fold").addEventListener("click", () => fold(false));
  addEventListener("hashchange", () => follow(false));
  // A link to where one already is changes no hash, and is still meant.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) follow(false);
  });
  at("tools").hidden = false;
  follow(true);
})();
