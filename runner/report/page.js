(async () => {
  const options = JSON.parse(document.getElementById("options").textContent);
  for (const data of document.querySelectorAll("script.drawing-data")) {
    const place = data.parentElement;
    const live = place.querySelector(".live");
    live.hidden = false;
    try {
      await vegaEmbed(live, JSON.parse(data.textContent), {
        ...options, actions: false, renderer: "svg", tooltip: { theme: "custom" },
      });
      place.classList.add("drawn");
    } catch (error) {
      live.hidden = true;
      console.error(place.id, error);
    }
  }
  document.documentElement.dataset.drawn = "all";
})();
