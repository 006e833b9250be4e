(() => {
  "use strict";
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const macs = all(".mac");
  const tiles = all(".tile");
  const search = one("#search"), state = one("#state"), check = one("#check"), changed = one("#changed"), shown = one("#shown");
  document.documentElement.classList.add("js");

  const count = (number) => `${number} ${number === 1 ? "Mac" : "Macs"}`;
  let tally = "";
  const say = (text) => { shown.textContent = `${tally}. ${text}`; };
  const visible = () => macs.filter((mac) => !mac.hidden);
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let fitting = 0;
    for (const mac of macs) {
      const data = mac.dataset;
      const fits = (!state.value || data.state === state.value) && (!check.value || data.checks.split(" ").includes(check.value)) &&
        (!(changed && changed.checked) || "changed" in data) && words.every((word) => data.text.includes(word));
      mac.hidden = !fits;
      fitting += fits;
    }
    for (const tile of tiles) tile.setAttribute("aria-pressed", String(tile.dataset.state === state.value));
    tally = fitting === macs.length ? count(fitting) : `${fitting} of ${count(macs.length)} shown`;
    shown.textContent = tally;
  };
  const reset = () => {
    search.value = state.value = check.value = "";
    if (changed) changed.checked = false;
    filter();
  };

  // Whether the text is in the clipboard now.
  const write = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // A file opened from disk may not use the clipboard; the old way still works there.
      const before = document.activeElement;
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      before?.focus();
      return done;
    }
  };
  const labels = new Map();
  const copy = async (button, text, note = "") => {
    const done = await write(text);
    say(done ? `Copied${note}.` : "Not copied: the browser does not allow it.");
    // The label as it was, however often the button is pressed meanwhile.
    const label = labels.get(button) ?? { text: button.textContent };
    clearTimeout(label.timer);
    button.textContent = done ? "Copied" : "Not copied";
    label.timer = setTimeout(() => { button.textContent = label.text; }, 1500);
    labels.set(button, label);
  };
  // As the report's own groups: only names that stand for themselves in a pattern, quoted for a shell.
  const plain = (name) => /^[^\s,:[\]*?!&~@\ufffd-][^\s,:[\]*?\ufffd]*$/u.test(name);
  const copyLimit = (button) => {
    const list = visible().map((mac) => mac.dataset.name), names = list.filter(plain), left = list.length - names.length;
    if (!names.length) {
      // Ansible takes an empty pattern for all hosts.
      say(list.length ? `Nothing copied: no Mac here can be named in a pattern, ${count(left)} left out.` : "Nothing copied: no Mac is shown.");
      return;
    }
    const note = `: ${count(names.length)} named${left ? `, ${count(left)} left out whose name cannot stand in a pattern` : ""}`;
    copy(button, `--limit '${names.join(",").replaceAll("'", "'\"'\"'")}'`, note);
  };

  for (const tile of tiles) {
    tile.addEventListener("click", () => {
      state.value = state.value === tile.dataset.state ? "" : tile.dataset.state;
      if (tile.classList.contains("none")) state.value = "";
      filter();
    });
  }
  for (const button of all(".copy")) button.addEventListener("click", () => copy(button, button.previousElementSibling.textContent));
  one("#limit").addEventListener("click", (event) => copyLimit(event.currentTarget));
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
