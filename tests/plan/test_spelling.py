"""The names that are made from those of a contract."""

from charter.contract.expression import ALWAYS
from charter.contract.resource import Computed, Field, Relation, Resource
from charter.contract.types import BOOLEAN, INTEGER
from charter.plan.spelling import cut_name

LINES = Relation("lines", "Line", "many", "id", "order_id")
ID = Field("id", INTEGER)


def order(*fields: Field, relations: tuple[Relation, ...] = (), computed: bool = False) -> Resource:
    more = (Computed("lines_cut", INTEGER, ALWAYS),) if computed else ()
    return Resource("Order", "orders", "orders", (ID, *fields), (LINES, *relations), more)


def test_a_list_that_is_cut_has_a_member_of_its_name() -> None:
    assert cut_name(order(Field("cut", BOOLEAN)), "lines") == "lines_cut"


def test_a_name_that_the_resource_has_keeps_its_meaning() -> None:
    other = Relation("lines_cut", "Line", "many", "id", "cut_id")
    assert cut_name(order(Field("lines_cut", BOOLEAN)), "lines") is None
    assert cut_name(order(relations=(other,)), "lines") is None
    assert cut_name(order(computed=True), "lines") is None
