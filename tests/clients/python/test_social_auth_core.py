"""social-auth-core: a backend as its users write one, on `BaseOAuth2PKCE`."""

from urllib.parse import urlsplit

import pytest
from requests.auth import _basic_auth_str
from social_core.backends.oauth import BaseOAuth2PKCE
from social_core.exceptions import AuthCanceled, AuthSessionError, SocialAuthBaseException
from social_core.storage import BaseStorage, NonceMixin
from social_core.strategy import BaseStrategy

from owner import parameters


class Nonces(NonceMixin):
    """Remembers what the library asks to be used once."""

    known: set = set()

    @classmethod
    def use(cls, server_url, timestamp, salt):
        fresh = (server_url, timestamp, salt) not in cls.known
        cls.known.add((server_url, timestamp, salt))
        return fresh

    @classmethod
    def consume(cls, server_url, timestamp, salt):
        known = (server_url, timestamp, salt) in cls.known
        cls.known.discard((server_url, timestamp, salt))
        return known


class Storage(BaseStorage):
    nonce = Nonces


class Strategy(BaseStrategy):
    """One browser session of an application that uses the library."""

    def __init__(self, settings):
        self.settings, self.session, self.request = settings, {}, {}
        super().__init__(Storage)

    def get_setting(self, name):
        return self.settings[name]

    def redirect(self, url):
        return url

    def request_data(self, merge=True):
        return self.request

    def session_get(self, name, default=None):
        return self.session.get(name, default)

    def session_set(self, name, value):
        self.session[name] = value

    def session_pop(self, name):
        return self.session.pop(name, None)

    def build_absolute_uri(self, path=None):
        return path

    def authenticate(self, backend, *args, **kwargs):
        """Ends where the application's own pipeline would begin."""
        return kwargs["response"]


class Backend(BaseOAuth2PKCE):
    """What somebody writes to sign users in with this provider."""

    name = "provider"
    REDIRECT_STATE = False
    DEFAULT_SCOPE = ["read"]
    ACCESS_TOKEN_METHOD = "POST"
    REVOKE_TOKEN_METHOD = "POST"

    def user_data(self, access_token, *args, **kwargs):
        return self.get_json(self.setting("PROFILE_URL"), headers={"Authorization": f"Bearer {access_token}"})

    def revoke_token_params(self, token, uid):
        return {"token": token, "token_type_hint": "access_token"}

    def revoke_token_headers(self, token, uid):
        return {"Authorization": _basic_auth_str(*self.get_key_and_secret())}


class BasicBackend(Backend):
    """The same with the secret in the header."""

    USE_BASIC_AUTH = True


def begin(provider, backend=Backend):
    """Registers an application and starts a sign-in: the strategy, the backend, the first URL."""
    client = provider.confidential(f"social-auth-core, {backend.__name__}")
    strategy = Strategy({
        "SOCIAL_AUTH_PROVIDER_KEY": client["client_id"],
        "SOCIAL_AUTH_PROVIDER_SECRET": client["client_secret"],
        "SOCIAL_AUTH_PROVIDER_AUTHORIZATION_URL": provider.authorization_endpoint,
        "SOCIAL_AUTH_PROVIDER_ACCESS_TOKEN_URL": provider.token_endpoint,
        "SOCIAL_AUTH_PROVIDER_REVOKE_TOKEN_URL": provider.revocation_endpoint,
        "SOCIAL_AUTH_PROVIDER_PROFILE_URL": provider.profile,
    })
    return strategy, backend(strategy, redirect_uri=provider.redirect_uri)


def finish(strategy, kind, redirect_uri, callback):
    """Comes back to the application with the callback's parameters."""
    assert urlsplit(callback)._replace(query="").geturl() == redirect_uri
    strategy.request = parameters(callback)
    return kind(strategy, redirect_uri=redirect_uri).complete()


@pytest.mark.parametrize("kind", [Backend, BasicBackend])
def test_signs_in_refreshes_and_revokes(provider, alice, kind):
    strategy, backend = begin(provider, kind)
    response = finish(strategy, kind, provider.redirect_uri, alice.allow(backend.start()))
    assert response["scope"] == "read"
    assert response["username"] == "alice", "the profile came with the access token"

    refreshed = backend.refresh_token(response["refresh_token"])
    assert refreshed["access_token"] != response["access_token"]
    assert backend.user_data(refreshed["access_token"])["subject"] == response["subject"]

    assert backend.revoke_token(refreshed["access_token"], response["subject"])
    with pytest.raises(SocialAuthBaseException) as refused:
        backend.user_data(refreshed["access_token"])
    assert refused.value.status_code == 401


def test_denied_is_a_cancelled_sign_in(provider, alice):
    strategy, backend = begin(provider)
    with pytest.raises(AuthCanceled):
        finish(strategy, Backend, provider.redirect_uri, alice.deny(backend.start()))


def test_callback_of_another_session_is_refused_by_the_library(provider, alice):
    _, backend = begin(provider)
    callback = alice.allow(backend.start())
    other, _ = begin(provider)
    with pytest.raises(AuthSessionError):
        finish(other, Backend, provider.redirect_uri, callback)
