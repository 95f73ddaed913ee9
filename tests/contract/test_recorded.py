"""contract.json is the contract, as far as it promises something."""

import json

import pytest

from charter.contract.canonical import canonical_json
from charter.contract.contract import Contract
from charter.contract.recorded import NotCanonical, recorded_contract
from charter.plan.matrix import matrix_of
from charter.plan.widening import changes
from examples.music.contract import music
from examples.shop.contract import shop
from examples.todo.contract import todo
from tests.behaviour.contract import studio

CONTRACTS = {
    item.name: item for item in (todo.build(), shop.build(), music.build(), studio.build())
}


@pytest.mark.parametrize("name", CONTRACTS)
def test_what_was_written_is_read_back(name: str) -> None:
    contract = CONTRACTS[name]
    written = canonical_json(contract)
    found = recorded_contract(written.decode())
    assert canonical_json(found) == written
    assert matrix_of(found).cells == matrix_of(contract).cells
    assert changes(found, contract) == ()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"charter": 1}', '{"charter": 2, "name": "x"}', '{"charter": 1, "x": 1}'],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(NotCanonical):
        recorded_contract(text)


def test_a_member_that_is_not_known_is_refused() -> None:
    members = json.loads(canonical_json(Contract("x", "1", ())))
    with pytest.raises(NotCanonical):
        recorded_contract(json.dumps({**members, "surprise": 1}))
