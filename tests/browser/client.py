"""What the client's server does behind the browser: the authorization URL, the exchange, a call."""

import base64
import hashlib
import secrets
from urllib.parse import urlencode

import requests

from owner import parameters


class Client:
    """A registered application, with a verifier and a state of its own for each attempt."""

    def __init__(self, provider, registered: dict, redirect_uri: str):
        self.provider, self.registered, self.redirect_uri = provider, registered, redirect_uri
        self.verifier = secrets.token_urlsafe(32)
        self.state = secrets.token_urlsafe(16)

    @property
    def url(self) -> str:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        return f"{self.provider.authorization_endpoint}?" + urlencode({
            "response_type": "code", "client_id": self.registered["client_id"], "redirect_uri": self.redirect_uri,
            "scope": self.registered.get("scope", "read"), "state": self.state, "code_challenge": challenge, "code_challenge_method": "S256",
        })

    def answer(self, callback) -> dict[str, str]:
        """Takes the one callback that came, and checks what a client checks."""
        assert len(callback.urls) == 1, callback.urls
        answer = parameters(callback.urls[0])
        assert answer["state"] == self.state
        assert answer["iss"] == self.provider.origin
        return answer

    def exchange(self, code: str, secret: str | None = None) -> requests.Response:
        secret = secret or self.registered.get("client_secret")
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri, "code_verifier": self.verifier}
        sent |= {} if secret else {"client_id": self.registered["client_id"]}
        auth = (self.registered["client_id"], secret) if secret else None
        return requests.post(self.provider.token_endpoint, data=sent, auth=auth, timeout=30)

    def call(self, token: dict) -> int:
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        return requests.get(self.provider.profile, headers=headers, timeout=30).status_code


def registered(provider, callback, kind: str = "--confidential") -> Client:
    """Registers an application through the command line."""
    description = provider.application("--name", "Browser's client", kind, "--redirect-uri", callback.redirect_uri)
    return Client(provider, description, callback.redirect_uri)
