"""One server, one client's callback, and one Chromium with scripts and one without; each test is a
visitor who was never here, and no page may ask anything of another origin."""

import itertools
import os
from urllib.parse import urlsplit

import pytest

from browser import Browser
from callback import Callback
from provider import Provider

# Selenium neither downloads a driver nor asks anybody where one is; nothing here leaves loopback.
os.environ |= {"SE_OFFLINE": "true", "SE_AVOID_STATS": "true", "NO_PROXY": "*", "no_proxy": "*"}

PASSWORD = "correct horse battery staple"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def provider(tmp_path_factory):
    with Provider(tmp_path_factory.mktemp("provider")) as provider:
        yield provider


@pytest.fixture(scope="session")
def callback():
    with Callback() as callback:
        yield callback


@pytest.fixture(scope="session", params=[True, False], ids=["scripts", "no-scripts"])
def chromium(request, tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"), scripts=request.param)
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium, provider, callback):
    chromium.forget()
    callback.urls.clear()
    yield chromium
    assert foreign(chromium.loaded(), provider) == []
    assert chromium.complaints() == []


def foreign(loaded, provider):
    """Gives what the provider's pages asked of another origin."""
    own = {urlsplit(provider.origin)[:2], ("http", f"localhost:{provider.port}")}
    return [(page, asked) for page, asked in loaded if urlsplit(page)[:2] in own and urlsplit(asked)[:2] != urlsplit(page)[:2]]


@pytest.fixture
def person(provider):
    """Somebody who has an account since a moment ago: username and password."""
    username = f"person-{next(NUMBERS)}"
    provider.user(username, PASSWORD)
    return username, PASSWORD


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """A skipped test counts as failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    unproved = [kind for kind in ("skipped", "xfailed", "xpassed") if reporter.stats.get(kind)]
    if unproved and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
