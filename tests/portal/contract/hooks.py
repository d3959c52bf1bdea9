"""What schemathesis has to know of this portal: who asks, and which camera there is.

Most cases go as they were made. Some are helped along, since nobody guesses a key's proof or a number that is higher
than the last; every answer is written down for the count of who was answered well at least once.
"""

import json
import os
import random
import uuid

import schemathesis
from camera import Key, Proof

URL = os.environ["PORTAL_URL"]
KEY = Key(int(os.environ["PORTAL_KEY"]))
DEVICE = os.environ["PORTAL_DEVICE"]
# The same cases each time.
random.seed(1)
ANSWERS = os.environ["PORTAL_ANSWERS"]

schemathesis.auth.set_from_requests(Proof(URL, KEY))


@schemathesis.deserializer("application/jose")
def signed(context, response):
    """A signed document as it stands; what is in it, the portal's own tests hold against the contract."""
    return response.text


@schemathesis.hook
def before_call(context, case, kwargs):
    """Names the camera that there is, and gives what cannot be guessed to three cases of four."""
    if random.random() < 0.25:
        return
    if case.path_parameters and "device_id" in case.path_parameters:
        case.path_parameters["device_id"] = DEVICE
    if not isinstance(case.body, dict):
        return
    if case.path.endswith("/keys"):
        key = Key()
        proof = key.sign({"typ": "c2c-key+jwt", "alg": "ES256"}, {"device_id": DEVICE, "key_id": KEY.id})
        case.body = {**case.body, "jwk": key.jwk, "proof": proof}
    elif case.path.endswith("/reported"):
        case.body = {name: value for name, value in case.body.items() if name != "claim_id"}
        if "boot_id" in case.body:
            case.body["boot_id"] = uuid.uuid4().hex


@schemathesis.hook
def after_call(context, case, response):
    """Writes the answer down."""
    with open(ANSWERS, "a", encoding="utf-8") as answers:
        answers.write(json.dumps([case.method.upper(), case.path, response.status_code]) + "\n")
