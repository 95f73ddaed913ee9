"""Words of names, and their singular."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charter.core.names import plural
from charter.language.checks.names import LONGEST
from charter.understand.names import UNFIT, Given, field_name, labels_of
from charter.understand.words import singular, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("FirstName", ["first", "name"]), ("first_name", ["first", "name"]),
        ("CUSTOMER_ID", ["customer", "id"]), ("customerID", ["customer", "id"]),
        ("HTTPServer2", ["http", "server2"]), ("mp3s", ["mp3s"]), ("Straße", ["strasse"]),
        ("Café au lait", ["cafe", "au", "lait"]), ("имя", []), ("", []), ("a-b.c", ["a", "b", "c"]),
        ("2fa_enabled", ["2fa", "enabled"]), ("line2Text", ["line2", "text"]),
    ],
)  # fmt: skip
def test_words_of_names_in_any_spelling(name: str, words: list[str]) -> None:
    assert list(words_of(name)) == words


SINGULARS = """
    houses:house buses:bus statuses:status cases:case addresses:address categories:category
    boxes:box matches:match users:user status:status news:news releases:release people:person
    children:child movies:movie indices:index orders:order classes:class taxes:tax series:series
    keys:key days:day analyses:analysis heroes:hero data:data media:media expenses:expense
    glasses:glass warehouses:warehouse causes:cause men:man boss:boss s:s is:is
"""


@pytest.mark.parametrize("pair", SINGULARS.split())
def test_singulars(pair: str) -> None:
    word, _, wanted = pair.partition(":")
    assert singular(word) == wanted


COMMON = "customer order line item category box status day key address invoice person child track"


@pytest.mark.parametrize("word", COMMON.split())
def test_the_singular_of_what_charter_makes_plural_is_the_word(word: str) -> None:
    assert singular(plural(word)) == word


@given(st.lists(st.text(max_size=60), max_size=8))
def test_fields_of_any_names_are_named_as_a_contract_wants_it_and_once(texts: list[str]) -> None:
    given_names = Given()
    found = [field_name(words_of(text), "thing", given_names) for text in texts]
    assert len(set(found)) == len(found)
    for name in found:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
        assert len(name) <= LONGEST
        assert name not in UNFIT


def labels(*names: str) -> set[str]:
    return set(labels_of([words_of(name) for name in names]))


def test_a_word_that_many_tables_begin_with_is_a_label() -> None:
    assert labels("shop_order", "shop_item", "shop_tag", "auth_user") == {"shop"}
    assert labels("order_line", "order_note", "order_tag", "orders") == set()
    assert labels("shop_order", "shop_item", "shop_tag", "item") == set()
    assert labels("shop_order", "shop_item") == set()
