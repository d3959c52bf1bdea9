// Keeps an open page true: when the portal says that something changed, the page is asked for anew, and each piece that
// differs is put in place of the old one. What somebody is typing into stays, and so does what is open.
"use strict";
(() => {
  const pulse = document.getElementById("pulse");
  let asking = false;
  let again = false;
  let doubt = 0;

  const keep = (from, to) => {
    for (const details of from.querySelectorAll("details[id]")) {
      const twin = to.querySelector(`#${CSS.escape(details.id)}`);
      if (twin) twin.open = details.open;
    }
  };

  const renew = async () => {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      const answer = await fetch(location.pathname + location.search, { headers: { accept: "text/html" } });
      if (answer.redirected && new URL(answer.url).pathname === "/login") {
        location.reload();
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const old of document.querySelectorAll("[data-piece]")) {
        const fresh = page.getElementById(old.id);
        const busy = old.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
        if (!fresh || busy || old.querySelector(".secret")) continue;
        keep(old, fresh);
        if (old.outerHTML !== fresh.outerHTML) old.replaceWith(document.adoptNode(fresh));
      }
      pulse.hidden = true;
    } catch {
      pulse.hidden = false;
    } finally {
      asking = false;
    }
    if (again) {
      again = false;
      renew();
    }
  };

  let stream = null;
  const listen = () => {
    const mine = new EventSource("/events");
    mine.addEventListener("changed", renew);
    mine.addEventListener("open", () => {
      clearTimeout(doubt);
      doubt = 0;
      // What changed between the page and the stream was told to nobody.
      renew();
    });
    mine.addEventListener("error", () => {
      // For a moment that is no matter: the browser tries again by itself, unless it was told not to.
      doubt ||= setTimeout(() => { pulse.hidden = false; }, 8000);
      if (mine.readyState !== EventSource.CLOSED) return;
      setTimeout(() => {
        if (stream !== mine) return;
        listen();
        renew();
      }, 8000);
    });
    stream = mine;
  };

  // A tab that nobody sees holds no connection.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      stream?.close();
      stream = null;
    } else if (!stream) {
      listen();
      renew();
    }
  });
  if (!document.hidden) listen();
})();
