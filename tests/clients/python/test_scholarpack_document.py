"""The requests of ScholarPack's document as they stand in it, and the answers that it gives.

Host, credentials, code and tokens are what the server says; all else is the document's. The provider is
configured as docs/configuration.md says under "What others have issued goes on as it was".
"""

import base64
import json
from urllib.parse import urlsplit

import pytest
import requests

from owner import Owner, parameters
from provider import Provider

PASSWORD = "correct horse battery staple"
REDIRECT_URI = "https://testing-api.com/scholarpack"
FORM = "application/x-www-form-urlencoded"
SCOPES = {"student:read": "See pupils", "staff:read": "See staff", "student-register:read": "See the register"}
SETTINGS = {
    "base_path": "/oauth2",
    "authorization_path": "authorize/",
    "token_path": "token/",
    "revocation_path": "revoke/",
    "code_format": {"length": 48},
    "access_token_format": {"length": 42},
    "refresh_token_format": {"length": 48},
    "code_lifetime": 600,
    "access_token_lifetime": 864_000,
    "scopes": SCOPES,
    "default_scope": "",
}


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    options = [part for key, value in SETTINGS.items() for part in ("--set", f"{key}={json.dumps(value)}")]
    with Provider(tmp_path_factory.mktemp("school"), *options) as provider:
        provider.user("alice", PASSWORD)
        client = provider.application(
            "--name", "Testing API client", "--confidential", "--client-id", "testing_api_client",
            "--redirect-uri", REDIRECT_URI, "--insecure-without-pkce", *options,
        )
        credentials = f"{client['client_id']}:{client['client_secret']}".encode()
        yield provider, base64.b64encode(credentials).decode()


def authorization(provider: Provider, scope: str) -> str:
    return (
        f"{provider.origin}/oauth2/authorize/?response_type=code&client_id=testing_api_client"
        f"&redirect_uri={REDIRECT_URI}&scope={scope}"
    )


def post(provider: Provider, path: str, basic: str, body: str) -> requests.Response:
    headers = {"Authorization": f"Basic {basic}", "Content-Type": FORM}
    return requests.post(f"{provider.origin}/oauth2/{path}/", data=body, headers=headers, timeout=30)


def is_alive(provider: Provider, token: str) -> bool:
    """Asks the API, which wants the first scope on offer: a token that is alive without it gets 403, a dead one 401."""
    answer = requests.get(provider.profile, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert answer.status_code in (200, 401, 403)
    return answer.status_code != 401


def redeem(provider: Provider, basic: str, scope: str) -> dict:
    code = parameters(Owner("alice", PASSWORD).allow(authorization(provider, scope)))["code"]
    body = f"grant_type=authorization_code&code={code}&redirect_uri={REDIRECT_URI}"
    answer = post(provider, "token", basic, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


# proves
def test_document_authorization_request(school):
    provider, _ = school
    callback = Owner("alice", PASSWORD).allow(
        authorization(provider, "student:read+staff:read+student-register:read")
    )
    assert callback.startswith(REDIRECT_URI + "?"), "no slash is added to the registered URI"
    answer = parameters(callback)
    assert set(answer) == {"code", "iss"}, "a state that was not sent does not come back"
    assert len(answer["code"]) == 48


def test_document_sequence(school):
    provider, basic = school
    token = redeem(provider, basic, "student:read staff:read student-register:read")
    assert set(token) == {"access_token", "expires_in", "refresh_token", "scope", "token_type"}
    assert (len(token["access_token"]), len(token["refresh_token"])) == (42, 48)
    assert (token["expires_in"], token["token_type"]) == (864_000, "Bearer")
    assert set(token["scope"].split(" ")) == set(SCOPES)
    assert is_alive(provider, token["access_token"])

    body = f"grant_type=refresh_token&refresh_token={token['refresh_token']}&scope=student%3Aread%20staff%3Aread"
    refreshed = post(provider, "token", basic, body).json()
    assert set(refreshed["scope"].split(" ")) == {"student:read", "staff:read"}
    assert (len(refreshed["access_token"]), len(refreshed["refresh_token"])) == (42, 48)
    assert refreshed["refresh_token"] != token["refresh_token"]
    assert refreshed["expires_in"] == 864_000

    body = f"token={refreshed['access_token']}&token_type_hint=access_token&client=testing_api_client"
    surplus = post(provider, "revoke", basic.rstrip("=") + "==" if not basic.endswith("=") else basic + "==", body)
    assert (surplus.status_code, surplus.json()["error"]) == (401, "invalid_client"), "a surplus == is not base64"
    assert is_alive(provider, refreshed["access_token"])
    assert post(provider, "revoke", basic, body).status_code == 200
    assert not is_alive(provider, refreshed["access_token"])


def test_document_status_of_the_redirect(school):
    """303 after the form that a person sent; 302 where their consent was remembered."""
    provider, basic = school
    provider.user("bob", PASSWORD)
    bob = Owner("bob", PASSWORD)
    statuses = []
    bob.browser.hooks["response"].append(lambda answer, **_: statuses.append(answer.status_code))
    code = parameters(bob.allow(authorization(provider, "student:read")))["code"]
    assert statuses[-1] == 303
    body = f"grant_type=authorization_code&code={code}&redirect_uri={REDIRECT_URI}"
    assert post(provider, "token", basic, body).status_code == 200

    again = bob.visit(authorization(provider, "student:read"))
    assert again.status_code == 302
    assert urlsplit(again.headers["Location"])._replace(query="").geturl() == REDIRECT_URI
    assert bob.visit(authorization(provider, "student:read+staff:read")).status_code == 200, "more is asked for"
