"""The Python snippet of Ion's documentation, as its users run it: host, credentials and wiring changed.

It sends no PKCE. It runs against a client registered `--insecure-without-pkce`; a client registered
as the provider would have it gets an error that says what is missing.
"""

import json
from contextlib import contextmanager

import pytest
from oauthlib.oauth2 import TokenExpiredError
from requests_oauthlib import OAuth2Session

from owner import parameters

CLIENT = ["--grant", "authorization_code", "--grant", "refresh_token"]


@pytest.fixture
def ion(provider):
    """What the reader of the documentation fills in."""
    client = provider.confidential("Ion's snippet", "--insecure-without-pkce", *CLIENT)
    return provider, client["client_id"], client["client_secret"], provider.redirect_uri


@contextmanager
def clock(monkeypatch, later):
    """Lets the library believe that it is later; the server keeps its own clock."""
    import time

    now = time.time
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now() + later)
        yield


def test_snippet_runs_without_pkce_where_a_client_may(ion, alice, monkeypatch):
    provider, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI = ion
    oauth = OAuth2Session(CLIENT_ID, redirect_uri=REDIRECT_URI, scope=["read", "write"])
    authorization_url, state = oauth.authorization_url(provider.origin + "/oauth/authorize/")

    answer = parameters(alice.allow(authorization_url))
    assert answer["state"] == state
    CODE = answer["code"]

    token = oauth.fetch_token(provider.origin + "/oauth/token/", code=CODE, client_secret=CLIENT_SECRET)
    assert set(token) == {"refresh_token", "access_token", "expires_in", "expires_at", "scope", "token_type"}
    assert set(token["scope"]) == {"read", "write"}
    assert token["token_type"] == "Bearer"

    profile = oauth.get(provider.origin + "/api/profile")
    assert profile.status_code == 200
    assert json.loads(profile.content.decode())["username"] == "alice"

    with clock(monkeypatch, token["expires_in"] + 1):
        with pytest.raises(TokenExpiredError):
            oauth.get(provider.origin + "/api/profile")
        args = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        refreshed = oauth.refresh_token(provider.origin + "/oauth/token/", **args)
        assert refreshed["access_token"] != token["access_token"]
        assert oauth.get(provider.origin + "/api/profile").status_code == 200


# proves: R-093
def test_snippet_against_a_default_client_is_told_what_is_missing(provider, alice):
    client = provider.confidential("Ion's snippet, default client", *CLIENT)
    oauth = OAuth2Session(client["client_id"], redirect_uri=provider.redirect_uri, scope=["read", "write"])
    authorization_url, state = oauth.authorization_url(provider.origin + "/oauth/authorize/")
    answer = alice.visit(authorization_url)
    assert answer.is_redirect, "the error goes back to the client, before any page"
    error = parameters(answer.headers["Location"])
    assert answer.headers["Location"].startswith(provider.redirect_uri + "?")
    assert error["error"] == "invalid_request"
    assert error["state"] == state
    assert "code_challenge" in error["error_description"]
    assert "code" not in error
