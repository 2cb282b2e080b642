// Before the first paint: the theme and the language that were chosen here, so that nothing flashes.
(() => {
  const root = document.documentElement;
  let theme = null, lang = null;
  try {
    theme = localStorage.getItem("zartrux.theme");
    lang = localStorage.getItem("zartrux.lang");
  } catch { /* storage is forbidden: the system's choices */ }
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  if (lang !== "en" && lang !== "es") {
    lang = (navigator.language || "en").toLowerCase().startsWith("es") ? "es" : "en";
  }
  root.lang = lang;
})();
