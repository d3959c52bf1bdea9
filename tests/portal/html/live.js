// Keeps an open page true: when the portal says that something changed, the page is asked for anew, and each piece that
// differs is put in place of the old one. What somebody is typing into stays, and so does what is open.
"use strict";
(() => {
  const pulse = document.getElementById("pulse");
  let asking = false;
  let again = false;

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
      // What was the answer to a form is not to be asked for again.
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
    }
    asking = false;
    if (again) {
      again = false;
      renew();
    }
  };

  const listen = () => {
    const stream = new EventSource("/events");
    stream.addEventListener("changed", renew);
    stream.addEventListener("open", () => { pulse.hidden = true; });
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) return;
      pulse.hidden = false;
      setTimeout(listen, 5000);
    });
    return stream;
  };

  // A tab that nobody sees holds no connection.
  let stream = document.hidden ? null : listen();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      stream?.close();
      stream = null;
    } else if (!stream) {
      stream = listen();
      renew();
    }
  });
})();
