// Draws the charts and shows one length at a time.
"use strict";

const options = { actions: false, renderer: "svg", ast: true, tooltip: { theme: "custom" } };

async function draw(plot) {
  const { view } = await vegaEmbed(plot, JSON.parse(plot.nextElementSibling.textContent), options);
  return view;
}

for (const part of document.querySelectorAll("[data-part]")) {
  const views = Promise.all([...part.querySelectorAll(".plot")].map(draw));
  const show = async (tokens) => {
    for (const block of part.querySelectorAll("[data-tokens]"))
      block.classList.toggle("other", block.dataset.tokens !== tokens);
    for (const view of await views)
      if (view.getState().signals.tokens !== undefined) view.signal("tokens", +tokens).runAsync();
  };
  for (const choice of part.querySelectorAll("input[type=radio]")) {
    choice.addEventListener("change", () => show(choice.value));
    if (choice.checked) show(choice.value);
  }
  views.then(() => part.setAttribute("data-drawn", ""));
}
