"""The sequence of ScholarPack's documentation, request by request: no library, only HTTP.

Authorization request with a state, Basic at the token endpoint, a refresh with a narrower scope, a
revocation with a hint and the parameter `client`, which nobody standardised.
"""

import base64
from urllib.parse import quote

import pytest
import requests

from owner import parameters

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def school(provider):
    """A client that sends no PKCE, as that documentation has it."""
    client = provider.confidential("A school's client", "--insecure-without-pkce")
    credentials = f"{client['client_id']}:{client['client_secret']}".encode()
    return provider, client, FORM | {"Authorization": f"Basic {base64.b64encode(credentials).decode()}"}


def test_sequence(school, alice):
    provider, client, headers = school
    redirect_uri = quote(provider.redirect_uri, safe="")
    callback = alice.allow(
        f"{provider.origin}/oauth/authorize/?response_type=code&client_id={client['client_id']}"
        f"&redirect_uri={redirect_uri}&scope=read+write&state=ZEY77VniJIl1hIF1"
    )
    assert callback.startswith(provider.redirect_uri + "?"), "no slash is added to the registered URI"
    answer = parameters(callback)
    assert set(answer) == {"code", "state", "iss"}
    assert answer["state"] == "ZEY77VniJIl1hIF1"

    exchange = f"grant_type=authorization_code&code={answer['code']}&redirect_uri={redirect_uri}"
    response = requests.post(f"{provider.origin}/oauth/token/", data=exchange, headers=headers, timeout=30)
    assert response.status_code == 200
    token = response.json()
    assert set(token) == {"access_token", "expires_in", "refresh_token", "scope", "token_type"}
    assert token["token_type"] == "Bearer"
    assert set(token["scope"].split()) == {"read", "write"}
    assert api(provider.profile, token) == 200
    assert api(provider.notes, token, "POST") < 300

    narrower = f"grant_type=refresh_token&refresh_token={token['refresh_token']}&scope=read"
    response = requests.post(f"{provider.origin}/oauth/token/", data=narrower, headers=headers, timeout=30)
    assert response.status_code == 200
    refreshed = response.json()
    assert refreshed["scope"] == "read"
    assert refreshed["refresh_token"] != token["refresh_token"]
    assert api(provider.profile, refreshed) == 200
    assert api(provider.notes, refreshed, "POST") == 403, "the narrower token may not write"

    revoke = f"token={refreshed['access_token']}&token_type_hint=access_token&client={client['client_id']}"
    response = requests.post(f"{provider.origin}/oauth/revoke/", data=revoke, headers=headers, timeout=30)
    assert response.status_code == 200
    assert api(provider.profile, refreshed) == 401


# proves
def test_code_is_good_once_and_a_wrong_secret_is_said_so(school, alice):
    provider, client, headers = school
    answer = parameters(alice.allow(
        f"{provider.origin}/oauth/authorize/?response_type=code&client_id={client['client_id']}"
        f"&redirect_uri={quote(provider.redirect_uri, safe='')}&scope=read&state=s"
    ))
    exchange = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": provider.redirect_uri}

    wrong = headers | {"Authorization": "Basic " + base64.b64encode(f"{client['client_id']}:wrong".encode()).decode()}
    refused = requests.post(f"{provider.origin}/oauth/token/", data=exchange, headers=wrong, timeout=30)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert refused.headers["WWW-Authenticate"].startswith("Basic")

    first = requests.post(f"{provider.origin}/oauth/token/", data=exchange, headers=headers, timeout=30)
    assert first.status_code == 200
    second = requests.post(f"{provider.origin}/oauth/token/", data=exchange, headers=headers, timeout=30)
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")


def api(url, token, method="GET"):
    """Calls the API and gives the status."""
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    body = {"text": "a note"} if method == "POST" else None
    return requests.request(method, url, headers=headers, json=body, timeout=30).status_code
