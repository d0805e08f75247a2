"""What the suites share: one server a module, one account, and a port that stays on loopback."""

import os

import pytest

from owner import Owner
from provider import Provider

# requests-oauthlib refuses plain http without it; the server under test listens on loopback.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    with Provider(tmp_path_factory.mktemp("provider")) as provider:
        provider.user("alice", PASSWORD)
        yield provider


@pytest.fixture
def alice():
    return Owner("alice", PASSWORD)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """A suite that collected nothing proves nothing, and a skipped test counts as failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    unproved = [kind for kind in ("skipped", "xfailed", "xpassed") if reporter.stats.get(kind)]
    if unproved and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
