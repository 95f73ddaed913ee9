"""Those who use the studio in the tests."""

from tests.behaviour.clients.base import Someone

ADA = Someone("ada", claims={"name": "Ada", "email": "ada@example.org"})
BOB = Someone("bob")
EVE = Someone("eve")
EDITOR = Someone("ed", roles=("editor",))
AUDITOR = Someone("audrey", roles=("auditor",))
