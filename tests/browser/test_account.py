"""Applications, connected apps and the password, as a person with a browser."""

import pytest

from client import Client, registered


def register(browser, provider, callback, person, name, public=False):
    """Signs in and registers an application through its form."""
    browser.open(f"{provider.origin}/oauth/applications")
    browser.sign_in(*person)
    browser.press("new-application")
    browser.write("name", name)
    browser.find("client-type-public" if public else "client-type-confidential").click()
    browser.write("redirect-uris", callback.redirect_uri)
    browser.photograph("application-form")
    browser.press("register")


# proves
def test_registers_an_application_and_gets_a_token_with_it(browser, provider, callback, person):
    name = "A name with <b>tags</b> & \"quotes\""
    register(browser, provider, callback, person, name)
    assert browser.text("client-name") == name
    assert browser.text("client-type") == "confidential"
    secret, identifier = browser.text("client-secret"), browser.text("client-id")
    browser.photograph("application-registered")

    client = Client(provider, {"client_id": identifier, "client_secret": secret}, callback.redirect_uri)
    browser.open(client.url)
    assert browser.text("client-name") == name
    browser.press("allow")
    assert client.call(client.exchange(client.answer(callback)["code"]).json()) == 200

    browser.open(f"{provider.origin}/oauth/applications")
    browser.photograph("applications")
    browser.press(f"application-{identifier}")
    assert not browser.has("client-secret"), "the secret is shown once"
    assert secret not in browser.source


# proves: R-205
def test_public_application_gets_no_secret(browser, provider, callback, person):
    register(browser, provider, callback, person, "On people's devices", public=True)
    assert browser.text("client-type") == "public"
    assert not browser.has("client-secret")
    assert not browser.has("renew-secret")


def test_changes_renews_and_deletes_an_application(browser, provider, callback, person):
    register(browser, provider, callback, person, "Before")
    identifier, old = browser.text("client-id"), browser.text("client-secret")
    browser.press("edit")
    browser.write("name", "After")
    browser.press("save")
    assert browser.text("client-name") == "After"
    browser.press("renew-secret")
    new = browser.text("client-secret")
    assert new != old

    client = Client(provider, {"client_id": identifier, "client_secret": new}, callback.redirect_uri)
    browser.open(client.url)
    browser.press("allow")
    code = client.answer(callback)["code"]
    assert client.exchange(code, old).status_code == 401
    token = client.exchange(code).json()
    assert client.call(token) == 200

    browser.open(f"{provider.origin}/oauth/applications")
    browser.press(f"application-{identifier}")
    browser.press("delete")
    browser.photograph("application-delete")
    browser.press("confirm-delete")
    assert not browser.has(f"application-{identifier}")
    assert client.call(token) == 401


@pytest.mark.parametrize("redirect_uri", ["javascript:alert(1)", "http://plain.example/cb", "/cb", "https://h/cb#x"])
def test_form_says_what_is_wrong_with_a_redirect_uri(browser, provider, callback, person, redirect_uri):
    browser.open(f"{provider.origin}/oauth/applications")
    browser.sign_in(*person)
    browser.press("new-application")
    browser.write("name", "Wrong")
    browser.write("redirect-uris", redirect_uri)
    browser.press("register")
    assert browser.text("form-error")
    assert browser.find("redirect-uris").get_attribute("value").strip() == redirect_uri, "what was typed is kept"


# proves
def test_revokes_a_connected_app(browser, provider, callback, person):
    client = registered(provider, callback)
    browser.open(client.url)
    browser.sign_in(*person)
    browser.press("allow")
    token = client.exchange(client.answer(callback)["code"]).json()
    assert client.call(token) == 200
    browser.open(f"{provider.origin}/oauth/connected")
    browser.photograph("connected-apps")
    browser.press(f"revoke-{client.registered['client_id']}")
    assert not browser.has(f"revoke-{client.registered['client_id']}")
    assert client.call(token) == 401


# proves: R-168, vuln_18
def test_changes_the_password_and_all_that_was_issued_ends(browser, provider, callback, person):
    username, old = person
    client = registered(provider, callback)
    browser.open(client.url)
    browser.sign_in(username, old)
    browser.press("allow")
    token = client.exchange(client.answer(callback)["code"]).json()

    browser.open(f"{provider.origin}/oauth/password")
    browser.write("old-password", "not the old one")
    browser.write("new-password", "another good password")
    browser.press("change-password")
    assert browser.text("form-error")
    browser.photograph("password")
    browser.write("old-password", old)
    browser.write("new-password", "another good password")
    browser.press("change-password")
    assert browser.text("signed-in-as") == username
    assert client.call(token) == 401

    browser.press("sign-out")
    browser.open(f"{provider.origin}/oauth/connected")
    browser.sign_in(username, old)
    assert browser.has("sign-in"), "the old password is refused"
    browser.sign_in(username, "another good password")
    assert browser.text("signed-in-as") == username


def test_pages_work_under_the_name_localhost(browser, provider, callback, person):
    browser.open(f"http://localhost:{provider.port}/oauth/")
    browser.sign_in(*person)
    assert browser.url.startswith(f"http://localhost:{provider.port}/")
    browser.photograph("account")
    browser.press("applications")
    assert browser.has("new-application")
    browser.open(f"{provider.origin}/oauth/applications")
    assert browser.has("sign-in"), "a session belongs to one host"


# proves
def test_every_page_is_whole_without_another_origin(browser, provider, callback, person):
    """What pages ask of other origins fails every test here; this one opens all that there are."""
    client = registered(provider, callback)
    browser.open(client.url)
    browser.sign_in(*person)
    pages = ["", "applications", "applications/register", "connected", "password", "errors", "nowhere"]
    for address in [client.url, *(f"{provider.origin}/oauth/{page}" for page in pages)]:
        browser.open(address)
        assert browser.find_all("main"), f"{address} is a page"
        for element in browser.find_all("[src], link[href], form[action]"):
            for name in ("src", "href", "action"):
                target = element.get_attribute(name)
                assert target is None or target.startswith(f"{provider.origin}/"), f"{address} names {target}"
        headers = browser.headers(address)
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert "no-store" in headers["cache-control"]


def test_f_20_a_foreign_cookie_signs_nobody_out(browser, provider, person):
    browser.open(f"{provider.origin}/oauth/sign-in")
    if browser.scripts:
        browser.driver.execute_script("document.cookie = 'AA_utm_campaign=Undersøgelse; path=/'")
        assert "Undersøgelse" in browser.driver.execute_script("return document.cookie")
    else:
        cookie = {"name": "AA_utm_campaign", "value": "Undersøgelse", "url": f"{provider.origin}/"}
        browser.driver.execute_cdp_cmd("Network.setCookie", cookie)
    browser.sign_in(*person)
    assert browser.text("signed-in-as") == person[0]
    browser.open(f"{provider.origin}/oauth/applications")
    assert browser.text("signed-in-as") == person[0]
