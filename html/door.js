// The door: opens the status page as soon as the app answers, and says what to do while it doesn't.
"use strict";

const FIRST_MS = 700;
const RETRY_MS = 3000;
// The origin in full: a page that was opened with the login in its address could not ask otherwise.
const HEALTH = new URL("status/healthz", location.origin + location.pathname);
let knocks = 0;

// Text that is there already stays: a screen reader would say it again.
function say(mood, headline, next) {
  document.getElementById("door").dataset.mood = mood;
  for (const [id, text] of [["headline", headline], ["next", next]]) {
    const place = document.getElementById(id);
    if (place.textContent !== text) place.textContent = text;
  }
}

// What the web server's answer means when it is not the app's own.
function explain(status) {
  if (status === 401 || status === 403) {
    say("needs-you", "The camera wants a login.", "Load this page again and log in with an account of the camera.");
  } else if (status === 404) {
    say("needs-you", "The camera does not know this application any more.", "It may have been removed. Look for Camera-to-Cloud on the camera’s Apps page.");
  } else {
    say("needs-you", "The application is not running.", "Start it on the camera’s Apps page. This page then opens by itself.");
  }
}

async function knock() {
  knocks += 1;
  try {
    const answer = await fetch(HEALTH, { cache: "no-store" });
    const own = (answer.headers.get("content-type") || "").startsWith("application/json");
    if (answer.ok || own) {
      location.replace("status");
      return;
    }
    // An app that was started a moment ago deserves a second knock before anything is said.
    if (knocks > 1) explain(answer.status);
  } catch {
    say("cannot-tell", "The camera does not answer.", "It may be restarting, or the network is down. This page keeps trying.");
  }
  setTimeout(knock, knocks > 1 ? RETRY_MS : FIRST_MS);
}

knock();
