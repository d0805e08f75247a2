"""Signing in, allowing and denying, as a person with a browser."""

from client import registered


def test_scripts_run_only_where_they_are_on(browser, callback):
    """Proves the switch itself: without it the tests without scripts would prove nothing."""
    browser.open(callback.origin)
    assert browser.title == ("Client with scripts" if browser.scripts else "Client")


# proves
def test_signs_in_allows_and_the_client_gets_a_token(browser, provider, callback, person):
    client = registered(provider, callback)
    browser.open(client.url)
    browser.photograph("sign-in")
    browser.sign_in(*person)
    assert browser.text("client-name") == "Browser's client"
    assert browser.text("redirect-host") == "127.0.0.1"
    assert callback.urls == [], "nothing is issued before the person decides"
    browser.photograph("consent")
    browser.press("allow")
    assert browser.has("callback")
    token = client.exchange(client.answer(callback)["code"]).json()
    assert set(token["scope"].split()) == {"read", "write"}
    assert client.call(token) == 200


# proves: R-031
def test_denies(browser, provider, callback, person):
    client = registered(provider, callback)
    browser.open(client.url)
    browser.sign_in(*person)
    browser.press("deny")
    answer = client.answer(callback)
    assert answer["error"] == "access_denied"
    assert "code" not in answer


# proves: R-022
def test_scope_that_is_unticked_is_not_granted_and_the_client_is_told(browser, provider, callback, person):
    client = registered(provider, callback)
    browser.open(client.url)
    browser.sign_in(*person)
    browser.find("scope-write").click()
    browser.press("allow")
    assert client.exchange(client.answer(callback)["code"]).json()["scope"] == "read"


# proves: R-050, vuln_29
def test_public_client_is_asked_for_every_time(browser, provider, callback, person):
    client = registered(provider, callback, "--public")
    browser.open(client.url)
    browser.sign_in(*person)
    browser.press("allow")
    assert client.call(client.exchange(client.answer(callback)["code"]).json()) == 200
    browser.open(client.url)
    assert browser.has("allow")
    assert len(callback.urls) == 1


def test_wrong_password_is_said_and_can_be_fixed(browser, provider, callback, person):
    client = registered(provider, callback)
    username, password = person
    browser.open(client.url)
    browser.sign_in(username, "not the password")
    assert browser.text("error-number")
    assert browser.find("username").get_attribute("value") == username
    browser.photograph("sign-in-refused")
    browser.sign_in(username, password)
    browser.press("allow")
    assert client.answer(callback)["code"]


def test_keys_are_enough(browser, provider, callback, person):
    client = registered(provider, callback)
    browser.open(client.url)
    browser.tab_to("username")
    browser.keys(person[0])
    browser.tab_to("password")
    browser.keys(person[1])
    browser.tab_to("sign-in")
    browser.enter()
    focused = browser.tab_to("allow")
    shown = [focused.value_of_css_property(name) for name in ("outline-style", "box-shadow")]
    assert shown != ["none", "none"], "the focus can be seen"
    browser.photograph("consent-by-keyboard")
    browser.enter()
    assert client.answer(callback)["code"]


# proves: vuln_34
def test_two_people_at_one_browser(browser, provider, callback, person):
    first = registered(provider, callback)
    browser.open(first.url)
    browser.sign_in(*person)
    browser.press("use-another-account")
    provider.user(f"{person[0]}-too", person[1])
    browser.sign_in(f"{person[0]}-too", person[1])
    assert browser.text("signed-in-as") == f"{person[0]}-too"
    browser.press("allow")
    token = first.exchange(first.answer(callback)["code"]).json()
    assert first.call(token) == 200


# proves
def test_error_page_stays_here_and_has_a_number(browser, provider, callback, person):
    client = registered(provider, callback)
    for wrong in ("http://127.0.0.1:1/elsewhere", "https://attacker.example/callback", f"{callback.redirect_uri}/"):
        client.redirect_uri = wrong
        browser.open(client.url)
        assert browser.url.startswith(provider.origin)
        assert browser.text("error-description")
        number = browser.text("error-number")
        assert number
    assert callback.urls == []
    browser.photograph("error")
    browser.press("error-number")
    assert number in browser.source, "the number leads to how to fix it"
