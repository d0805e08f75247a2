"""A resource owner by script: signs in and decides as a person does, over plain HTTP and forms."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import requests


class Form:
    """A form of a page: where it goes, what it sends, and the ids of its elements."""

    def __init__(self, attributes: dict[str, str | None]):
        self.action = attributes.get("action") or ""
        self.method = (attributes.get("method") or "get").lower()
        self.fields: list[tuple[str, str]] = []
        self.names: dict[str, str] = {}
        self.buttons: dict[str, tuple[str, str] | None] = {}

    def add(self, tag: str, attributes: dict[str, str | None]) -> None:
        kind = (attributes.get("type") or ("submit" if tag == "button" else "text")).lower()
        name, value, identifier = attributes.get("name"), attributes.get("value"), attributes.get("id")
        if kind in ("submit", "button", "image"):
            if identifier:
                self.buttons[identifier] = (name, value or "") if name else None
            return
        if identifier and name:
            self.names[identifier] = name
        if not name or (kind in ("checkbox", "radio") and "checked" not in attributes):
            return
        self.fields.append((name, value if value is not None else ("on" if kind == "checkbox" else "")))


class Forms(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.forms: list[Form] = []
        self.open: Form | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self.open = Form(attributes)
            self.forms.append(self.open)
        elif tag in ("input", "button", "textarea", "select") and self.open is not None:
            self.open.add(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None


class Owner:
    """Somebody with an account, and a browser without JavaScript."""

    def __init__(self, username: str, password: str):
        self.username = username
        self.password = password
        self.browser = requests.Session()
        self.browser.trust_env = False

    def allow(self, url: str) -> str:
        """Opens an authorization URL, signs in where asked, allows, and gives the client's callback URL."""
        return self._decide(url, "allow")

    def deny(self, url: str) -> str:
        """Opens an authorization URL, signs in where asked, denies, and gives the client's callback URL."""
        return self._decide(url, "deny")

    def visit(self, url: str) -> requests.Response:
        """Opens a URL and follows redirects only while they stay at the provider."""
        return self._follow(self.browser.get(url, allow_redirects=False, timeout=30))

    def _follow(self, response: requests.Response) -> requests.Response:
        for _ in range(10):
            location = response.headers.get("Location")
            if not response.is_redirect or location is None:
                return response
            target = urljoin(response.url, location)
            if urlsplit(target)[:2] != urlsplit(response.url)[:2]:
                return response
            response = self.browser.get(target, allow_redirects=False, timeout=30)
        raise AssertionError(f"redirected for ever at {response.url}")

    def _decide(self, url: str, button: str) -> str:
        response = self.visit(url)
        for _ in range(4):
            if response.is_redirect:
                return urljoin(response.url, response.headers["Location"])
            response = self._follow(self._answer(response, button))
        raise AssertionError(f"asked again and again at {response.url}: {response.text}")

    def _answer(self, page: requests.Response, button: str) -> requests.Response:
        for form in Forms(page.text).forms:
            if "username" in form.names:
                return self._submit(page, form, "sign-in", username=self.username, password=self.password)
            if button in form.buttons:
                return self._submit(page, form, button)
        raise AssertionError(f"{page.status_code} at {page.url} asks nothing that is known: {page.text}")

    def _submit(self, page: requests.Response, form: Form, button: str, **given: str) -> requests.Response:
        filled = {form.names[identifier]: value for identifier, value in given.items()}
        sent = [(name, filled.pop(name, value)) for name, value in form.fields]
        pressed = form.buttons[button]
        assert form.method == "post", "a decision changes something: it is sent by POST"
        return self.browser.post(
            urljoin(page.url, form.action), data=sent + ([pressed] if pressed else []), allow_redirects=False, timeout=30
        )


def parameters(url: str) -> dict[str, str]:
    """Reads the query of a callback URL; each parameter comes once."""
    query = parse_qs(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in query.values()), f"a parameter comes twice: {url}"
    return {name: values[0] for name, values in query.items()}
