// A counterexample, step by step. The page holds all of it as a table already; this shows memory at one step.
(() => {
  "use strict";
  const run = JSON.parse(document.getElementById("run").textContent);
  const last = run.changes.length;
  // the values of all cells before the first step, and after each
  const moments = [run.start];
  run.changes.forEach((changed) => {
    const values = [...moments[moments.length - 1]];
    changed.forEach(([at, value]) => { values[at] = value; });
    moments.push(values);
  });
  const rows = new Map([...document.querySelectorAll("tr[data-step]")].map((row) => [Number(row.dataset.step), row]));
  const state = document.getElementById("state");
  const where = document.getElementById("where");
  const spoken = document.getElementById("spoken");
  let now = 0;

  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const said = (row) => {
    const access = row.querySelector("td.act");
    return `${access.dataset.actor} ${access.textContent}`;
  };

  // C = K + M + P + T - D, one block for each reference
  const law = (page, account) => {
    const [count, mapcount, ...terms] = account;
    const made = element("div", "law");
    const sum = TERMS.map((term, at) => `${at === 0 ? "" : term.letter === "D" ? " \u2212 " : " + "}${terms[at]}`);
    const line = element("div", "mono", `page${page}: C ${count} = K + M + P + T \u2212 D = ${sum.join("")}`);
    const blocks = element("div", "blocks");
    TERMS.forEach((term, at) => {
      for (let one = 0; one < terms[at]; one += 1) {
        const block = element("b", term.class, term.letter);
        block.title = term.says;
        blocks.append(block);
      }
    });
    const holds = terms.slice(0, 4).reduce((a, b) => a + b, 0) - terms[4] === count;
    made.append(line, blocks, element("div", "dim", `page_count ${count}, page_mapcount ${mapcount}`));
    if (!holds) made.append(element("p", "note", "The law does not hold here."));
    return made;
  };

  const cells = () => {
    const list = element("dl");
    run.cells.forEach((name, at) => {
      const value = moments[now][at];
      const changed = now > 0 && moments[now - 1][at] !== value;
      list.append(element("dt", "", name), element("dd", changed ? "changed" : "", value));
    });
    return list;
  };

  const notes = () => run.notes.filter((note) => note.step === now)
    .map((note) => element("p", `note ${note.kind}`, note.text));

  const show = (step, focus) => {
    rows.get(now)?.classList.remove("now");
    rows.get(now)?.removeAttribute("aria-current");
    now = Math.max(0, Math.min(last, step));
    const row = rows.get(now);
    row?.classList.add("now");
    row?.setAttribute("aria-current", "step");
    row?.scrollIntoView({ block: "nearest" });
    if (focus) row?.focus({ preventScroll: true });
    const title = now === 0 ? "Before the first step" : `Step ${now}: ${said(row)}`;
    const pages = run.pages.map((page, at) => law(page, run.accounts[now][at]));
    state.replaceChildren(element("h2", "", title), ...notes(), ...pages, cells());
    where.textContent = `step ${now} of ${last}`;
    spoken.textContent = [title, ...run.notes.filter((note) => note.step === now).map((note) => note.text)].join(". ");
    document.querySelectorAll("button[data-go]").forEach((button) => {
      const to = target(button.dataset.go);
      button.disabled = to === undefined || to === now;
    });
    history.replaceState(null, "", `#s${now}`);
  };

  const target = (name) => ({
    first: 0, back: Math.max(0, now - 1), forward: Math.min(last, now + 1), last, violation: run.breaks ?? undefined, erred: run.erred ?? undefined,
  })[name];
  const keys = {
    ArrowRight: "forward", ArrowDown: "forward", j: "forward", n: "forward",
    ArrowLeft: "back", ArrowUp: "back", k: "back", p: "back",
    Home: "first", g: "first", End: "last", G: "last", v: "violation", e: "erred",
  };
  const go = (name, focus) => {
    const to = target(name);
    if (to !== undefined) show(to, focus);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in keys)) return;
    event.preventDefault();
    go(keys[event.key], true);
  });
  document.querySelectorAll("button[data-go]").forEach((button) => {
    button.addEventListener("click", () => go(button.dataset.go, false));
  });
  rows.forEach((row, step) => {
    row.tabIndex = -1;
    row.addEventListener("click", (event) => {
      if (!event.target.closest("a")) show(step, false);
    });
  });
  document.querySelector(".bar").hidden = false;
  const linked = /^#s(\d+)$/.exec(location.hash);
  show(linked ? Number(linked[1]) : 0, false);
})();
