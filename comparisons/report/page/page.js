(() => {
  const table = document.querySelector("#matrix table");
  const controls = document.querySelector("#matrix .controls");
  if (!table || !controls) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const search = controls.querySelector("input");
  const { verdict, dtype, engine, origin } = controls.elements;
  const shown = controls.querySelector("output");
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const row of rows) {
      const name = row.cells[0].firstElementChild.textContent.toLowerCase();
      const cells = [...row.querySelectorAll("td[data-verdict]")].filter(
        (cell) => !dtype.value || cell.dataset.dtype === dtype.value);
      const fits = words.every((word) => name.includes(word)) && cells.length > 0 &&
        (!origin.value || row.dataset.origin === origin.value) &&
        (!engine?.value || row.cells[1].textContent.trim() === engine.value) &&
        (!verdict.value || cells.some((cell) => cell.dataset.verdict === verdict.value));
      row.hidden = !fits;
      n += fits;
    }
    shown.value = `${n} of ${rows.length} shown`;
  };
  const sort = (header) => {
    const column = header.cellIndex;
    const down = header.getAttribute("aria-sort") === "ascending" ||
      (header.dataset.first === "down" && header.getAttribute("aria-sort") !== "descending");
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.cells[column].dataset.sort;
    const order = (a, b) => header.dataset.first === "down"
      ? key(a) - key(b) : a.cells[column].textContent.localeCompare(b.cells[column].textContent);
    rows.sort((a, b) => (down ? -order(a, b) : order(a, b)));
    body.append(...rows);
  };
  for (const header of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(header.firstChild);
    button.addEventListener("click", () => sort(header));
    header.prepend(button);
  }
  controls.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", filter);
  for (const choice of [verdict, dtype, engine, origin]) choice?.addEventListener("change", filter);
  controls.hidden = false;
  filter();
})();
