"""requests-oauthlib 2.0 with PKCE: authorize, exchange, call, refresh (by itself too), revoke."""

import time

import pytest
from oauthlib.oauth2 import BackendApplicationClient
from oauthlib.oauth2.rfc6749.errors import AccessDeniedError, InvalidGrantError, UnauthorizedClientError
from requests_oauthlib import OAuth2Session

from owner import Owner, parameters
from provider import Provider

SCOPE = ["read", "write"]


def authorized(provider, owner, client, **arguments):
    """Gives a session of the library that went through the authorization code flow."""
    session = OAuth2Session(
        client["client_id"], redirect_uri=client["redirect_uris"][0], scope=SCOPE, pkce="S256", **arguments
    )
    url, _ = session.authorization_url(provider.authorization_endpoint)
    callback = owner.allow(url)
    secret = {"client_secret": client["client_secret"]} if "client_secret" in client else {"include_client_id": True}
    session.fetch_token(provider.token_endpoint, authorization_response=callback, **secret)
    return session


def revoke(provider, session, token, kind, auth):
    """Revokes a token with the request that the library prepares (RFC 7009)."""
    url, headers, body = session._client.prepare_token_revocation_request(
        provider.revocation_endpoint, token, token_type_hint=kind
    )
    return session.post(url, headers=headers, data=body, auth=auth, withhold_token=True)


# proves
def test_confidential_client_authorizes_calls_refreshes_and_revokes(provider, alice):
    client = provider.confidential("requests-oauthlib")
    basic = (client["client_id"], client["client_secret"])
    session = authorized(provider, alice, client)
    assert session.token["token_type"].lower() == "bearer"
    assert session.token["expires_in"] == 3600
    assert set(session.token["scope"]) == set(SCOPE)

    assert session.get(provider.profile).status_code == 200
    assert session.post(provider.notes, json={"text": "written by requests-oauthlib"}).ok

    before = dict(session.token)
    session.refresh_token(provider.token_endpoint, auth=basic)
    assert session.token["access_token"] != before["access_token"]
    assert session.token["refresh_token"] != before["refresh_token"]
    assert session.get(provider.profile).status_code == 200

    assert revoke(provider, session, session.token["access_token"], "access_token", basic).status_code == 200
    assert session.get(provider.profile).status_code == 401


# proves
def test_public_client_has_no_secret_and_revokes_its_refresh_token(provider, alice):
    client = provider.public("requests-oauthlib, public")
    assert "client_secret" not in client
    session = authorized(provider, alice, client)
    session.refresh_token(provider.token_endpoint, client_id=client["client_id"])
    assert session.get(provider.profile).status_code == 200

    identified = {"client_id": client["client_id"]}
    url, headers, body = session._client.prepare_token_revocation_request(
        provider.revocation_endpoint, session.token["refresh_token"], token_type_hint="refresh_token", **identified
    )
    assert session.post(url, headers=headers, data=body, withhold_token=True).status_code == 200
    assert session.get(provider.profile).status_code == 401
    with pytest.raises(InvalidGrantError):
        session.refresh_token(provider.token_endpoint, **identified)


@pytest.mark.parametrize("way", ["secret in the body", "secret in the header"])
def test_access_token_that_expired_is_refreshed_by_itself(tmp_path, way):
    with Provider(tmp_path, "--access-token-lifetime", "1") as provider:
        provider.user("alice", "correct horse battery staple")
        client = provider.confidential("auto-refresh")
        credentials = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
        in_body = way == "secret in the body"
        saved = []
        session = authorized(
            provider, Owner("alice", "correct horse battery staple"), client,
            auto_refresh_url=provider.token_endpoint, auto_refresh_kwargs=credentials if in_body else {},
            token_updater=saved.append,
        )
        first = dict(session.token)
        time.sleep(max(0.0, first["expires_at"] - time.time()) + 0.1)
        answer = session.get(provider.profile, **({} if in_body else credentials))
        assert answer.status_code == 200
        assert len(saved) == 1, "the library refreshed once"
        assert saved[0]["access_token"] != first["access_token"]


# proves: R-031
def test_owner_who_denies_is_an_error_that_the_library_names(provider, alice):
    client = provider.confidential("denied")
    session = OAuth2Session(client["client_id"], redirect_uri=provider.redirect_uri, scope=SCOPE, pkce="S256")
    url, state = session.authorization_url(provider.authorization_endpoint)
    callback = alice.deny(url)
    assert parameters(callback)["state"] == state
    with pytest.raises(AccessDeniedError):
        session.fetch_token(
            provider.token_endpoint, authorization_response=callback, client_secret=client["client_secret"]
        )


# proves: R-089
def test_wrong_verifier_gets_nothing(provider, alice):
    client = provider.confidential("wrong verifier")
    session = OAuth2Session(client["client_id"], redirect_uri=provider.redirect_uri, scope=SCOPE, pkce="S256")
    url, _ = session.authorization_url(provider.authorization_endpoint)
    callback = alice.allow(url)
    right, session._code_verifier = session._code_verifier, "w" * 43
    fetch = {"authorization_response": callback, "client_secret": client["client_secret"]}
    with pytest.raises(InvalidGrantError):
        session.fetch_token(provider.token_endpoint, **fetch)
    session._code_verifier = right
    assert session.fetch_token(provider.token_endpoint, **fetch)["access_token"]


# proves
def test_client_credentials(provider):
    client = provider.application("--name", "a job", "--confidential", "--grant", "client_credentials")
    session = OAuth2Session(client=BackendApplicationClient(client["client_id"], scope=["read"]))
    token = session.fetch_token(provider.token_endpoint, client_secret=client["client_secret"])
    assert "refresh_token" not in token
    public = provider.public("not for public clients")
    session = OAuth2Session(client=BackendApplicationClient(public["client_id"], scope=["read"]))
    with pytest.raises(UnauthorizedClientError):
        session.fetch_token(provider.token_endpoint, include_client_id=True)
