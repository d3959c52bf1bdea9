"""A registered camera for the contract's test: its key, and a proof on every request."""

import base64
import hashlib
import json
import os
import time
import urllib.parse

import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def encode(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """A key on P-256."""

    def __init__(self, number: int | None = None) -> None:
        self.private = ec.derive_private_key(number, ec.SECP256R1()) if number else ec.generate_private_key(ec.SECP256R1())

    @property
    def jwk(self) -> dict:
        """The public key, its members in the order of the thumbprint."""
        public = self.private.public_key().public_numbers()
        x, y = (encode(n.to_bytes(32, "big")) for n in (public.x, public.y))
        return {"crv": "P-256", "kty": "EC", "x": x, "y": y}

    @property
    def id(self) -> str:
        """The thumbprint."""
        return encode(hashlib.sha256(json.dumps(self.jwk, separators=(",", ":")).encode()).digest())

    def sign(self, header: dict, payload: dict) -> str:
        """A compact JWS."""
        text = ".".join(encode(json.dumps(part).encode()) for part in (header, payload))
        r, s = decode_dss_signature(self.private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


class Proof(requests.auth.AuthBase):
    """Signs each request as it goes out; nonces are asked for well before they are old."""

    def __init__(self, url: str, key: Key) -> None:
        self.url, self.key = url, key
        self.nonce, self.asked = "", 0.0

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if time.monotonic() - self.asked > 30:
            self.nonce = requests.get(f"{self.url}/.well-known/c2c", timeout=10).headers["DPoP-Nonce"]
            self.asked = time.monotonic()
        address = urllib.parse.urlsplit(request.url)
        proof = {
            "jti": encode(os.urandom(16)),
            "htm": request.method,
            "htu": f"{address.scheme}://{address.netloc}{address.path}",
            "iat": int(time.time()),
            "nonce": self.nonce,
        }
        body = request.body.encode() if isinstance(request.body, str) else request.body
        if body:
            proof["body"] = encode(hashlib.sha256(body).digest())
        request.headers["DPoP"] = self.key.sign({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.jwk}, proof)
        return request
