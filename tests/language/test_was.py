"""Names of before: what a contract says of them, and what of that its hub keeps."""

from pathlib import Path

from charter.contract.canonical import canonical_json
from tests.language.sources import contract_of

TEXT = """
@api.resource(was="Client")
class Customer(Resource):
    phone: str = field(default="", was="tel")
    helper: User | None = field(was="assistant")
    tags: list["Tag"] = linked()

@api.resource
class Tag(Resource):
    name: str
    customers: list[Customer] = linked()

@api.policy(Customer, Tag)
def policy(row, actor):
    yield allow("read")
"""


def test_a_field_names_its_column_of_before(tmp_path: Path) -> None:
    customer = contract_of(TEXT, tmp_path).resource_named["Customer"]
    assert customer.field_named["phone"].was == "tel"
    assert customer.field_named["helper_id"].was == "assistant_id"


def test_a_class_names_its_table_of_before_and_those_of_its_links(tmp_path: Path) -> None:
    contract = contract_of(TEXT, tmp_path)
    customer, tag = (contract.resource_named[name] for name in ("Customer", "Tag"))
    assert customer.was == "clients"
    near, far = customer.relation_named["tags"].link, tag.relation_named["customers"].link
    assert near is not None
    assert near.was is not None
    assert far is not None
    assert far.was is not None
    assert (near.was.table, near.was.near, near.was.far) == ("client_tags", "client_id", "tag_id")
    assert (far.was.table, far.was.near, far.was.far) == ("client_tags", "tag_id", "client_id")


def test_they_are_part_of_the_canonical_text(tmp_path: Path) -> None:
    assert b'"was": "tel"' in canonical_json(contract_of(TEXT, tmp_path))
