(() => {
  "use strict";
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const macs = all(".mac");
  const tiles = all(".tile");
  const search = one("#search"), state = one("#state"), check = one("#check"), changed = one("#changed"), shown = one("#shown");
  document.documentElement.classList.add("js");

  const visible = () => macs.filter((mac) => !mac.hidden);
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const mac of macs) {
      const data = mac.dataset;
      const fits = (!state.value || data.state === state.value) && (!check.value || data.checks.split(" ").includes(check.value)) &&
        (!(changed && changed.checked) || "changed" in data) && words.every((word) => data.text.includes(word));
      mac.hidden = !fits;
      count += fits;
    }
    for (const tile of tiles) tile.setAttribute("aria-pressed", String(tile.dataset.state === state.value));
    shown.textContent = count === macs.length ? `${count} ${count === 1 ? "Mac" : "Macs"}` : `${count} of ${macs.length} Macs shown`;
  };
  const reset = () => {
    search.value = state.value = check.value = "";
    if (changed) changed.checked = false;
    filter();
  };

  const write = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // A file opened from disk may not use the clipboard; the old way still works there.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  const copy = async (button, text) => {
    const label = button.textContent;
    await write(text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  };
  // As the report's own groups: only names that stand for themselves in a pattern, quoted for a shell.
  const limit = (names) => {
    const plain = names.filter((name) => /^[^\s,[\]*?!&~@\ufffd-][^\s,[\]*?\ufffd]*$/u.test(name));
    return `--limit '${plain.join(",").replaceAll("'", "'\"'\"'")}'`;
  };

  for (const tile of tiles) {
    tile.addEventListener("click", () => {
      state.value = state.value === tile.dataset.state ? "" : tile.dataset.state;
      if (tile.classList.contains("none")) state.value = "";
      filter();
    });
  }
  for (const button of all(".copy")) button.addEventListener("click", () => copy(button, button.previousElementSibling.textContent));
  one("#limit").addEventListener("click", (event) => copy(event.currentTarget, limit(visible().map((mac) => mac.dataset.name))));
  one("#open").addEventListener("click", () => {
    const list = visible();
    const open = !list.every((mac) => mac.open);
    for (const mac of list) mac.open = open;
  });
  one("#reset").addEventListener("click", reset);
  one(".controls").addEventListener("submit", (event) => event.preventDefault());
  for (const field of [search, state, check, changed]) if (field) field.addEventListener("input", filter);

  for (const fleet of all(".fleet")) {
    fleet.addEventListener("click", (event) => {
      const mac = one(`#mac-${CSS.escape(event.target.dataset.mac ?? "")}`);
      if (!mac) return;
      if (mac.hidden) reset();
      mac.open = true;
      mac.scrollIntoView({ block: "center" });
      mac.firstElementChild.focus();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      search.focus();
    }
    if (event.key === "Escape" && event.target === search) reset();
  });
  // On paper: the details of every Mac that needs something.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = visible().filter((mac) => !mac.open && mac.dataset.state !== "ok");
    for (const mac of opened) mac.open = true;
  });
  addEventListener("afterprint", () => { for (const mac of opened) mac.open = false; });
  filter();
})();
