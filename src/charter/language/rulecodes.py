"""Faults of what a contract demands and does: conditions, policies, roles, tenants, commands.
Each has a documentation page made from it."""

from charter.language.faultentries import Entries

_entries = Entries()
_code = _entries.code

# -- conditions ------------------------------------------------------------------------------
TRUTH_REFUSED = _code(
    "truth_refused", "A condition was asked for its truth before there is a row.",
    "Policies, checks and computed fields run once, when the service starts, to build a "
    "condition for the database. Python's `and`, `or`, `not`, `in`, `if`, `while`, `assert` and "
    "chained comparisons want a yes or no at once, and would silently drop a part of it.",
    "Use `all_of(a, b)` or `(a) & (b)`, `any_of(a, b)` or `(a) | (b)`, `not_(a)`, "
    "`one_of(x, …)`.",
)  # fmt: skip
IDENTITY_REFUSED = _code(
    "identity_refused", "A condition uses what Python never passes on.",
    "`is`, `isinstance`, `type` and the like look at the Python object that stands for a value, "
    "not at the value, so their answer says nothing about any row.",
    "Use `is_null(x)` or `is_set(x)`, or `==`.",
)  # fmt: skip
OPERATION_REFUSED = _code(
    "operation_refused", "A condition does something that has no meaning in a database.",
    "Values of rows stand for what the database will find; only comparisons, `+ - *` and the "
    "words of Charter can be applied to them.",
    "Use one of the words.",
)  # fmt: skip
KINDS_DIFFER = _code(
    "kinds_differ", "Two kinds of value are compared.",
    "Comparing a text with a UUID, a date with a time, or rows of two resources is always a "
    "mistake, and databases do not agree on the answer.",
    "Compare values of one kind.",
)  # fmt: skip
CHOICE_UNKNOWN = _code(
    "choice_unknown", "A value is none of the choices.",
    "The field is a Literal or Enum, and can never have this value.",
    "Use one of its choices.",
)  # fmt: skip
CONDITION_EXPECTED = _code(
    "condition_expected", "A condition is needed here.",
    "The word takes something that is true or false.",
    "Compare the value with something, or use `is_set(…)`.",
)  # fmt: skip
FUNCTION_FAILED = _code(
    "function_failed", "A function of the contract failed.",
    "Policies, checks and computed fields run once when the service starts; this one raised.",
    "Mend the line that is shown.",
)  # fmt: skip

# -- policies --------------------------------------------------------------------------------
POLICY_MISSING = _code(
    "policy_missing", "A resource has no policy.",
    "What no rule allows is denied, so without a policy nobody could ever use the resource. "
    "That is taken for an oversight.",
    "Add a policy; `yield allow(\"read\")` opens it to every reader.",
)  # fmt: skip
POLICY_TWICE = _code(
    "policy_twice", "A resource has two policies.",
    "All rules of a resource stand in one function, so that they can be read together.",
    "Move the rules into one policy.",
)  # fmt: skip
POLICY_MALFORMED = _code(
    "policy_malformed", "A policy function is not one.",
    "A policy takes the row, the actor and, if it wants them, the new values, and yields "
    "`allow(…)`, `hide(…)` and `freeze(…)`.",
    "Write `def policy(row: Row, actor: Actor) -> Policy:` and yield its rules.",
)  # fmt: skip
RULE_DROPPED = _code(
    "rule_dropped", "A rule is made, but not yielded.",
    "A rule that the policy does not yield has no effect; a `hide` would silently show.",
    "Write `yield` before it.",
)  # fmt: skip
ACTION_UNKNOWN = _code(
    "action_unknown", "A rule names an action that does not exist.",
    "Actions are read, create, update, delete, the resource's commands, and `*` for all.",
    "Correct the name.",
)  # fmt: skip
NEW_UNFIT = _code(
    "new_unfit", "New values are asked for where there are none.",
    "Only creating, updating and commands give a row new values; reading and deleting do not, "
    "and whether a field is frozen is asked before there are any.",
    "Give create and update a rule of their own.",
)  # fmt: skip
NEW_UNANSWERABLE = _code(
    "new_unanswerable", "New values are compared with rows that the old ones led to.",
    "What a rule says of new values is asked after the write. The old values of the row itself "
    "are kept for that; the rows that its relations led to are not, and those that they lead to "
    "by then may be others.",
    "Ask for the related rows of the new values. Where the old ones are meant, give them a part "
    "of their own in `all_of(…)`, in which nothing is said of new values, or a rule of their "
    "own instead of a part of `any_of(…)`.",
)  # fmt: skip

# -- accounts, roles and tenants --------------------------------------------------------------
ACCOUNTS_UNFIT = _code(
    "accounts_unfit", "A resource cannot have the accounts.",
    "Accounts are the rows of one resource that derives from `User`. Whoever registers, or comes "
    "with a token of an identity provider, begins with an address and a name at most, so every "
    "other field needs a default or may be nothing, and the account is part of no other row.",
    "Write `@<contract>.accounts` on one `class Member(User)`, with defaults for its own fields.",
)  # fmt: skip
ROLE_MALFORMED = _code(
    "role_malformed", "A role has no usable name.",
    "The name of a role is a text of at most 100 characters, without space around it.",
    "Give the role such a name.",
)  # fmt: skip
ROLE_CYCLE = _code(
    "role_cycle", "Roles include each other.",
    "If each of some roles included the next, all of them would be the same role.",
    "Take one `includes` away.",
)  # fmt: skip
ROLE_UNKNOWN = _code(
    "role_unknown", "A rule asks for a role that nobody can have.",
    "A contract that declares roles, or rows that grant them, declares all of them: any other "
    "name is misspelt. A role that rows grant on other rows does not hold everywhere.",
    "Correct the name; declare the role with `role(…)` where a token brings it; or ask for it "
    "`on=` the row that it is granted on.",
)  # fmt: skip
GRANTS_UNFIT = _code(
    "grants_unfit", "The rows of a resource cannot grant roles.",
    "A row that grants a role refers to the account that gets it, and has a field of a Literal "
    "or Enum with the names of the roles. A role on a row is found over that row's list of the "
    "rows that grant it.",
    "Add what is missing, or say which field is meant with `to=`, `role=` or `on=`.",
)  # fmt: skip
TENANT_UNFIT = _code(
    "tenant_unfit", "Something belongs to a tenant and to none.",
    "There is one resource of tenants. Each row of every other resource belongs to one of its "
    "rows, but for accounts and resources that are shared; and what everybody shares never leads "
    "to what belongs to one tenant.",
    "Share both resources or neither, or turn the reference round.",
)  # fmt: skip

# -- commands, events, errors ----------------------------------------------------------------
COMMAND_MALFORMED = _code(
    "command_malformed", "A command's function is not one.",
    "A command is an async function: the row first (where it is on a row), then `unit: Unit`, "
    "then its inputs by keyword, and an annotated result.",
    "Write `async def place(order: Order, unit: Unit, *, note: str = \"\") -> Order:`.",
)  # fmt: skip
COMMAND_WITHOUT_POLICY = _code(
    "command_without_policy", "Nobody may call a command.",
    "What no rule allows is denied, and no rule names this command.",
    "Name it in an `allow(…)` of its resource's policy, or give "
    "`allow=lambda actor: …` to a command on nothing.",
)  # fmt: skip
COMMAND_WITHOUT_ROW = _code(
    "command_without_row", "A command on a collection is allowed by rules about rows only.",
    "Such a command is called before there is any row, so a rule that looks at the row or at "
    "its new values never lets anybody call it.",
    "Give it a rule about the actor alone, such as "
    "`allow(\"restock\", when=actor.has_role(\"buyer\"))`, and choose the rows in the command; or "
    "make it a command on a row.",
)  # fmt: skip
RESULT_UNFIT = _code(
    "result_unfit", "A command's result cannot be sent.",
    "A command gives a row, a list of rows, a value, or None.",
    "Correct the result's annotation.",
)  # fmt: skip
MOVE_MALFORMED = _code(
    "move_malformed", "A move cannot be read.",
    "A move is written `draft -> placed`, with `|` between several starting states, and with "
    "the field in front (`status: draft -> placed`) where that is in doubt.",
    "Write the move in this form.",
)  # fmt: skip
MOVE_UNKNOWN = _code(
    "move_unknown", "A move names states that no field has.",
    "The states of a move are choices of one Literal or Enum field of the resource.",
    "Correct the states.",
)  # fmt: skip
MOVE_AMBIGUOUS = _code(
    "move_ambiguous", "A move fits several fields.",
    "More than one field of the resource has these choices.",
    "Name the field: `status: draft -> placed`.",
)  # fmt: skip
MOVE_OPEN = _code(
    "move_open", "A state that commands move can be set by clients.",
    "A client that writes the state itself walks around the command and its checks.",
    "Give the field `set_by=\"commands\"`.",
)  # fmt: skip
ERROR_UNREGISTERED = _code(
    "error_unregistered", "A class is no declared error of this contract.",
    "`raises` lists classes that derive from Error and are registered with the contract.",
    "Put `@<contract>.error(status=409)` above the class.",
)  # fmt: skip
ERROR_UNDECLARED = _code(
    "error_undeclared", "A command raises an error that it does not declare.",
    "What a command raises undeclared is a failure of the server (500) to its clients.",
    "Add the error to `raises=[…]`.",
)  # fmt: skip
ERROR_STATUS = _code(
    "error_status", "An error has a status that errors cannot have.",
    "Declared errors are 400, 403, 404, 409, 422, 429 or 503.",
    "Use one of these.",
)  # fmt: skip
EVENT_UNREGISTERED = _code(
    "event_unregistered", "A command emits a class that is no event of this contract.",
    "Events derive from Event and are registered with the contract.",
    "Put `@<contract>.event` above the class.",
)  # fmt: skip
PAYLOAD_UNFIT = _code(
    "payload_unfit", "A payload or input cannot be sent.",
    "Inputs and the values of events and errors are scalars, lists of scalars, Json, and "
    "resources (sent as their key).",
    "Use one of these types.",
)  # fmt: skip

DEMANDED = _entries.all
