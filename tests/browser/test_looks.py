"""How pages look on a telephone, and which field a person types into first, with a browser."""

import pytest

from client import registered
from conftest import PASSWORD
from provider import Provider

WIDTHS = [390, 320]


@pytest.fixture(params=WIDTHS)
def narrow(request, browser):
    """A browser on a telephone of this width."""
    browser.become(request.param)
    yield browser
    browser.become(None)


def as_administrator(browser, provider, page):
    browser.open(f"{provider.origin}/oauth/{page}")
    browser.sign_in("admin", provider.admin_password)


def nothing_is_off_the_edge(browser):
    assert browser.content_width() <= browser.width, f"{browser.url} is wider than the window"
    for element in browser.measured("button, .button, code, td, a, input:not([type=hidden])"):
        assert element["x"] >= 0 and element["x"] + element["width"] <= browser.width + 0.5, (browser.url, element)


def test_f_59_no_button_breaks_into_letters(narrow, provider, callback, person):
    client = registered(provider, callback)
    as_administrator(narrow, provider, "people")
    narrow.photograph(f"people-{narrow.width}")
    for page in ("people", "applications", f"applications/show?client_id={client.registered['client_id']}", "audit", "password", ""):
        narrow.open(f"{provider.origin}/oauth/{page}")
        buttons = narrow.measured("button, .button")
        assert buttons
        for button in buttons:
            assert 0.7 <= button["lines"] <= 2.2, (page, button)
        nothing_is_off_the_edge(narrow)


def test_f_59_people_are_cards_on_a_telephone(narrow, provider, person):
    as_administrator(narrow, provider, f"people?name={person[0]}")
    cells = narrow.measured("tbody tr:first-child td[data-label]")
    assert len(cells) >= 3 and len({cell["x"] for cell in cells}) == 1, "one below the other"
    assert all(cell["width"] > narrow.width / 2 for cell in cells)


@pytest.mark.parametrize("width", [None, *WIDTHS])
def test_f_67_error_codes_are_whole(browser, provider, width):
    browser.become(width)
    browser.open(f"{provider.origin}/oauth/errors")
    codes = browser.measured("td code")
    assert len(codes) > 30
    browser.photograph(f"errors-{width or 'wide'}")
    for code in codes:
        assert 0.7 <= code["lines"] <= 1.2, code
    nothing_is_off_the_edge(browser)
    browser.become(None)


@pytest.fixture(scope="module")
def schools(tmp_path_factory):
    """A provider that asks for the organisation."""
    with Provider(tmp_path_factory.mktemp("schools"), "--organisations") as provider:
        yield provider


def test_f_72_the_first_empty_field_has_the_focus(browser, schools):
    focus = lambda: browser.driver.switch_to.active_element.get_attribute("id")
    browser.open(f"{schools.origin}/oauth/sign-in")
    assert focus() == "organisation"
    for organisation, expected in (("north", "password"), ("", "password")):
        browser.write("organisation", organisation)
        browser.sign_in("ada", PASSWORD)
        assert browser.has("error-description")
        assert focus() == expected, organisation


def test_f_72_without_organisations_it_is_the_username(browser, provider):
    browser.open(f"{provider.origin}/oauth/sign-in")
    assert browser.driver.switch_to.active_element.get_attribute("id") == "username"
