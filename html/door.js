// The door: opens the status page as soon as the app answers, and says what to do while it doesn't.
"use strict";

const RETRY_MS = 3000;

function say(mood, headline, next) {
  document.getElementById("door").dataset.mood = mood;
  document.getElementById("headline").textContent = headline;
  document.getElementById("next").textContent = next;
}

async function knock() {
  try {
    const answer = await fetch("status/healthz", { cache: "no-store" });
    if (answer.ok) {
      location.replace("status");
      return;
    }
    if (answer.status === 401 || answer.status === 403) {
      say("needs-you", "The camera wants a login.", "Load this page again and log in with an account of the camera.");
      return;
    }
    say("needs-you", "Camera-to-Cloud is not running.", "Start it on the camera’s Apps page. This page opens by itself then.");
  } catch {
    say("cannot-tell", "The camera does not answer.", "It may be restarting, or the network is down. This page keeps trying.");
  }
  setTimeout(knock, RETRY_MS);
}

knock();
