// Fetches this page again and swaps its main part, so that a network failure leaves the last
// known page standing with a note instead of an error page. Pages work without it.
(() => {
  "use strict";
  const seconds = Number(document.body.dataset.refresh) || 30;
  const stale = document.getElementById("stale");
  const busy = (main) =>
    [...main.querySelectorAll("input:not([type=hidden]), textarea, select")].some(
      (field) => field === document.activeElement || (field.value !== field.defaultValue && field.type !== "select-one"),
    );
  const again = async () => {
    const main = document.getElementById("main");
    if (document.hidden || busy(main)) return;
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(10000) });
      if (answer.redirected) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("main");
      if (!fresh || busy(main)) return;
      const open = new Set([...main.querySelectorAll("details[open]")].map((d) => d.id));
      for (const d of fresh.querySelectorAll("details")) if (open.has(d.id)) d.open = true;
      main.replaceWith(fresh);
      const now = page.querySelector(".now");
      if (now) document.querySelector(".now")?.replaceWith(now);
      document.title = page.title;
      stale.hidden = true;
    } catch {
      stale.hidden = false;
    }
  };
  setInterval(again, seconds * 1000);
  document.addEventListener("visibilitychange", again);
})();
