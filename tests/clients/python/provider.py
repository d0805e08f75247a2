"""Starts the real binary `provider` on a free port with a database of its own, and its commands.

`PROVIDER_BINARY` names the binary; `tests/run` sets it. Nothing here knows more of the server than
the specification says of its command line.
"""

import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
START_WITHIN = 30.0


def binary() -> str:
    """Gives the path of the binary, as `tests/run` says or as cargo builds it."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return os.environ.get("PROVIDER_BINARY", str(target / "debug" / "provider"))


def free_port() -> int:
    """Finds a port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Provider:
    """A server of one test module: started, spoken to through its command line, stopped."""

    admin_password = "only for this test, admin"

    def __init__(self, directory: pathlib.Path, *options: str):
        self.directory = directory
        self.database = str(directory / "provider.db")
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.options = options
        self.process: subprocess.Popen | None = None
        self.log = directory / "provider.log"

    def __enter__(self) -> "Provider":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [binary(), "--port", str(self.port), "--database", self.database, *self.options],
                cwd=self.directory, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("PROVIDER_")}
        return own | {"PROVIDER_ADMIN_PASSWORD": self.admin_password}

    def _wait(self) -> None:
        end = time.monotonic() + START_WITHIN
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.origin}/.well-known/oauth-authorization-server", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise RuntimeError(f"the provider does not answer; it wrote:\n{self.log.read_text()}")

    def command(self, *arguments: str, text: str | None = None) -> str:
        """Runs a subcommand while the server runs, and gives what it writes to standard output."""
        done = subprocess.run(
            [binary(), "--database", self.database, *arguments],
            cwd=self.directory, env=self._environment(), input=text or "", text=True, capture_output=True, timeout=60,
        )
        if done.returncode != 0:
            raise RuntimeError(f"provider {' '.join(arguments)} gave {done.returncode}: {done.stderr}")
        return done.stdout

    def application(self, *arguments: str, text: str | None = None) -> dict:
        """Registers an application and gives its RFC 7591 description."""
        return json.loads(self.command("application", "create", *arguments, "--json", text=text))

    def confidential(self, name: str, *arguments: str) -> dict:
        """Registers a confidential application with one redirect URI of loopback."""
        return self.application("--name", name, "--confidential", "--redirect-uri", self.redirect_uri, *arguments)

    def public(self, name: str, *arguments: str) -> dict:
        """Registers a public application with one redirect URI of loopback."""
        return self.application("--name", name, "--public", "--redirect-uri", self.redirect_uri, *arguments)

    def user(self, username: str, password: str) -> None:
        """Creates an account."""
        self.command("user", "create", "--username", username, "--password-stdin", text=f"{password}\n")

    # Nobody listens there: the scripted owner stops at the redirect and reads it.
    redirect_uri = "http://127.0.0.1:4999/callback"

    @property
    def authorization_endpoint(self) -> str:
        return f"{self.origin}/oauth/authorize"

    @property
    def token_endpoint(self) -> str:
        return f"{self.origin}/oauth/token"

    @property
    def revocation_endpoint(self) -> str:
        return f"{self.origin}/oauth/revoke"

    @property
    def profile(self) -> str:
        return f"{self.origin}/api/profile"

    @property
    def notes(self) -> str:
        return f"{self.origin}/api/notes"
