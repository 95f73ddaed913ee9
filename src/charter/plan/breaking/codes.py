"""The registry of changes that the gate tells. Codes are stable: never rename one."""

from collections.abc import Mapping
from types import MappingProxyType

from charter.plan.breaking.finding import ChangeCode, Severity

_entries: list[ChangeCode] = []


def _breaks(name: str, title: str, instead: str) -> ChangeCode:
    return _kept(ChangeCode(name, Severity.BREAKING, title, instead))


def _adds(name: str, title: str) -> ChangeCode:
    return _kept(ChangeCode(name, Severity.ADDITIVE, title))


def _neutral(name: str, title: str) -> ChangeCode:
    return _kept(ChangeCode(name, Severity.NEUTRAL, title))


def _kept(entry: ChangeCode) -> ChangeCode:
    _entries.append(entry)
    return entry


_KEEP_BOTH = "Add the new one beside the old, and take the old away with a major version."

# -- paths -------------------------------------------------------------------------------------
RESOURCE_REMOVED = _breaks(
    "resource_removed", "A resource is gone, with its paths.",
    "Keep it until nobody asks for it. A resource can be closed by its policy first.",
)  # fmt: skip
PATH_CHANGED = _breaks("path_changed", "The rows of a resource have other paths.", _KEEP_BOTH)
RELATION_REMOVED = _breaks("relation_removed", "The rows of a relation have no path.", _KEEP_BOTH)
RELATION_RENAMED = _breaks(
    "relation_renamed", "The rows of a relation have another path.", _KEEP_BOTH
)
PARTS_SEALED = _breaks(
    "parts_sealed", "The rows of a relation can no longer be written below their row.", _KEEP_BOTH
)
CREATE_REMOVED = _breaks(
    "create_removed", "Rows can no longer be created.",
    "Keep a key that the server makes.",
)  # fmt: skip
KEY_NARROWED = _breaks(
    "key_narrowed", "Keys that rows were addressed by are not taken as keys.",
    "Keep the key's type and give the rows a second, unique field.",
)  # fmt: skip
COMMAND_REMOVED = _breaks(
    "command_removed", "A command is gone.",
    "Keep the old command; it can call what the new one does.",
)  # fmt: skip
COMMAND_MOVED = _breaks("command_moved", "A command is called at another path.", _KEEP_BOTH)
RESOURCE_ADDED = _adds("resource_added", "A resource is new.")
RELATION_ADDED = _adds("relation_added", "The rows of a relation have a path.")
CREATE_ADDED = _adds("create_added", "Rows can be created.")
COMMAND_ADDED = _adds("command_added", "A command is new.")

# -- inputs ------------------------------------------------------------------------------------
INPUT_REMOVED = _breaks(
    "input_removed", "A value that requests give is refused as unknown.",
    "Go on taking it, and say in its documentation that it does nothing.",
)  # fmt: skip
INPUT_RENAMED = _breaks("input_renamed", "A value that requests give has another name.", _KEEP_BOTH)
INPUT_LOCKED = _breaks(
    "input_locked", "A value that requests give is no longer theirs to set.",
    "Go on taking it. Where it must not change, make a new field that commands set.",
)  # fmt: skip
INPUT_REQUIRED = _breaks(
    "input_required", "Requests must give a value that they did not have to give.",
    "Give it a default, or make it optional.",
)  # fmt: skip
INPUT_NARROWED = _breaks(
    "input_narrowed", "Values that were taken are refused.",
    "Take what was taken before, and make what is stricter a new field or command.",
)  # fmt: skip
INPUT_NOT_NULL = _breaks(
    "input_not_null", "Null was taken, and is refused.",
    "Take null, and store what stands for it.",
)  # fmt: skip
DEFAULT_CHANGED = _breaks(
    "default_changed", "Requests that leave a value out get another one.",
    "Keep the default for those who leave it out.",
)  # fmt: skip
CHECK_ADDED = _breaks(
    "check_added", "Rows must keep a rule that they did not have to keep.",
    "Hold the rule in a new command, or check it only where a new field is given.",
)  # fmt: skip
UNIQUE_ADDED = _breaks(
    "unique_added", "Values that several rows could share must be unique.",
    "Make a new field that is unique and optional.",
)  # fmt: skip
MATCH_REQUIRED = _breaks(
    "match_required", "Changes without `If-Match` are refused (428).",
    "Leave `conditional_writes` off until all clients send `If-Match`.",
)  # fmt: skip
MOVE_NARROWED = _breaks(
    "move_narrowed", "A command is refused in states in which it could be called.",
    "Allow these states, and have the command find out what it should do.",
)  # fmt: skip
MOVE_CHANGED = _breaks(
    "move_changed", "A command leaves the row in another state.",
    "Make a new command for the new state.",
)  # fmt: skip
DELETE_RESTRICTED = _breaks(
    "delete_restricted", "Rows cannot be deleted while others refer to them (409).",
    "Keep what `on_delete` says.",
)  # fmt: skip
INPUT_ADDED = _adds("input_added", "Requests can give a new value.")
INPUT_OPTIONAL = _adds("input_optional", "Requests can leave a value out.")
INPUT_WIDENED = _adds("input_widened", "More values are taken.")
RULE_REMOVED = _adds("rule_removed", "Requests that a rule refused are taken.")

# -- answers -----------------------------------------------------------------------------------
ANSWER_REMOVED = _breaks(
    "answer_removed", "A value is no longer in answers.",
    "Go on showing it; it can be a computed field of what has replaced it.",
)  # fmt: skip
ANSWER_RENAMED = _breaks("answer_renamed", "A value in answers has another name.", _KEEP_BOTH)
ANSWER_WIDENED = _breaks(
    "answer_widened", "Answers have values that could not come before.",
    "Show the new values in a new field, and in the old one what comes closest.",
)  # fmt: skip
ANSWER_NULLABLE = _breaks(
    "answer_nullable", "A value that was always there can be null.",
    "Keep it there: give it a default, or show the optional value in a new field.",
)  # fmt: skip
RESULT_CHANGED = _breaks(
    "result_changed", "A command answers with something else.",
    "Make a new command with the new answer.",
)  # fmt: skip
ANSWER_ADDED = _adds("answer_added", "Answers have a new value.")
ANSWER_NARROWED = _neutral("answer_narrowed", "Answers have only some of the values they could.")
COMPUTED_CHANGED = _neutral("computed_changed", "A computed field is worked out in another way.")

# -- queries -----------------------------------------------------------------------------------
QUERY_NAME_REMOVED = _breaks(
    "query_name_removed", "Queries that name a field are refused.",
    "Go on showing the field; it can be a computed one.",
)  # fmt: skip
QUERY_NAME_RENAMED = _breaks("query_name_renamed", "Queries name a field otherwise.", _KEEP_BOTH)
COMPARATOR_REMOVED = _breaks(
    "comparator_removed", "A field can no longer be tested with a comparator.", _KEEP_BOTH
)
FILTER_NARROWED = _breaks(
    "filter_narrowed", "Values that a field could be compared with are refused.", _KEEP_BOTH
)
SORT_REMOVED = _breaks("sort_removed", "Rows can no longer be sorted by a field.", _KEEP_BOTH)
INCLUDE_REMOVED = _breaks("include_removed", "Related rows cannot be included.", _KEEP_BOTH)
INCLUDE_RENAMED = _breaks(
    "include_renamed", "Related rows are included by another name.", _KEEP_BOTH
)
SEARCH_REMOVED = _breaks(
    "search_removed", "Lists can no longer be searched.",
    "Leave one field with `search=True`.",
)  # fmt: skip
QUERY_NAME_ADDED = _adds("query_name_added", "Queries can name a new field.")
COMPARATOR_ADDED = _adds("comparator_added", "A field can be tested with more comparators.")
FILTER_WIDENED = _adds("filter_widened", "A field can be compared with more values.")
INCLUDE_ADDED = _adds("include_added", "Related rows can be included.")
SEARCH_ADDED = _adds("search_added", "Lists can be searched.")
SEARCH_CHANGED = _neutral("search_changed", "Searches look into other fields.")

# -- errors ------------------------------------------------------------------------------------
ERROR_CHANGED = _breaks(
    "error_changed", "An error has another code or status.",
    "Make a new error for the new cases.",
)  # fmt: skip
ERROR_MEMBER_REMOVED = _breaks(
    "error_member_removed", "A problem lacks a member that it had.",
    "Go on giving it.",
)  # fmt: skip
ERROR_MEMBER_WIDENED = _breaks(
    "error_member_widened", "A member of a problem has values that could not come before.",
    "Give the new values in a new member.",
)  # fmt: skip
ERROR_MEMBER_ADDED = _adds("error_member_added", "A problem has a new member.")
ERROR_ADDED = _adds("error_added", "A command can fail with an error that it could not raise.")
ERROR_REMOVED = _neutral("error_removed", "A command no longer fails with an error.")

# -- GraphQL -----------------------------------------------------------------------------------
GRAPHQL_REMOVED = _breaks(
    "graphql_removed", "Documents that name a type, field or operation are refused.",
    "Keep it, marked `@deprecated`.",
)  # fmt: skip
GRAPHQL_RENAMED = _breaks("graphql_renamed", "A type or field has another name.", _KEEP_BOTH)
GRAPHQL_TYPE_CHANGED = _breaks("graphql_type_changed", "A field has another type.", _KEEP_BOTH)
GRAPHQL_NULLABLE = _breaks(
    "graphql_nullable", "A field whose type was non-null can be null.",
    "Keep it non-null, and make a new field that is not.",
)  # fmt: skip
GRAPHQL_REQUIRED = _breaks(
    "graphql_required", "An input has become non-null.",
    "Give it a default, or make it optional.",
)  # fmt: skip
GRAPHQL_VALUE_REMOVED = _breaks(
    "graphql_value_removed", "Documents that name a value of an enumeration are refused.",
    "Keep the value, marked `@deprecated`.",
)  # fmt: skip
GRAPHQL_VALUE_ADDED = _breaks(
    "graphql_value_added", "Answers have a value of an enumeration that clients do not know.",
    "Show the new value in a new field.",
)  # fmt: skip
GRAPHQL_ADDED = _adds("graphql_added", "A type, field or operation is new.")
GRAPHQL_WIDENED = _adds("graphql_widened", "An input has become nullable or has new values.")

# -- gRPC --------------------------------------------------------------------------------------
GRPC_REMOVED = _breaks(
    "grpc_removed", "A message, field or method that stubs were made from is gone.",
    "Keep it, marked `deprecated`; a field's number is never used again.",
)  # fmt: skip
GRPC_RENAMED = _breaks("grpc_renamed", "A message or field has another name in stubs.", _KEEP_BOTH)
GRPC_TYPE_CHANGED = _breaks(
    "grpc_type_changed", "A field has another type on the wire or in stubs.", _KEEP_BOTH
)
GRPC_VALUE_REMOVED = _breaks(
    "grpc_value_removed", "A value of an enumeration is gone.",
    "Keep the value, marked `deprecated`.",
)  # fmt: skip
GRPC_REQUIRED = _breaks(
    "grpc_required", "Messages without a value are refused (INVALID_ARGUMENT).",
    "Give it a default, or make it optional.",
)  # fmt: skip
GRPC_NUMBER_MOVED = _breaks(
    "grpc_number_moved", "A field number is another's, or may become so.",
    "Take the file of numbers as it was, and let `charter design --proto` add what is new.",
)  # fmt: skip
GRPC_ADDED = _adds("grpc_added", "A message, field, value or method is new.")
GRPC_PRESENCE = _neutral("grpc_presence", "Whether a field is set can be told, or no longer.")

# -- events ------------------------------------------------------------------------------------
EVENT_REMOVED = _breaks(
    "event_removed", "An event no longer comes.",
    "Go on emitting it beside the new one.",
)  # fmt: skip
PAYLOAD_REMOVED = _breaks(
    "payload_removed", "An event lacks a value that it carried.",
    "Go on carrying it; what waits for delivery was written with it.",
)  # fmt: skip
PAYLOAD_WIDENED = _breaks(
    "payload_widened", "An event carries values that it could not carry.",
    "Carry the new values under a new name, or in a new event.",
)  # fmt: skip
PAYLOAD_NULLABLE = _breaks(
    "payload_nullable", "A value that an event always carried can be null.",
    "Make a new event for what lacks it.",
)  # fmt: skip
EVENT_ADDED = _adds("event_added", "An event is new.")
PAYLOAD_ADDED = _adds("payload_added", "An event carries a new value.")
PAYLOAD_NARROWED = _neutral("payload_narrowed", "An event carries only some of what it could.")

# -- stored data -------------------------------------------------------------------------------
ROWS_LOST = _breaks(
    "rows_lost", "A table goes, with its rows.",
    "Export them first (`Accept: application/x-ndjson`), or keep the resource closed by its "
    "policy.",
)  # fmt: skip
VALUES_LOST = _breaks(
    "values_lost", "A column goes, with its values.",
    "Keep the field `hidden`, or copy its values first. A new name is a rename only where the "
    "migration is told so.",
)  # fmt: skip
PAIRS_LOST = _breaks(
    "pairs_lost", "The pairs of a many-to-many relation go.",
    "Keep the relation until they are copied.",
)  # fmt: skip
VALUES_REWRITTEN = _breaks(
    "values_rewritten", "Every stored value has to be written in another type.",
    "Add a field of the new type, fill it, and take the old one away afterwards.",
)  # fmt: skip
VALUES_UNFIT = _breaks(
    "values_unfit", "Rows that are stored may not keep what the contract says now.",
    "Mend these rows before the migration, or let it say what becomes of them.",
)  # fmt: skip
VALUES_MISSING = _breaks(
    "values_missing", "Rows that are stored have no value for what has to have one.",
    "Give it a default, or make it optional, fill it, and require it afterwards.",
)  # fmt: skip
DELETE_CASCADES = _breaks(
    "delete_cascades", "A delete takes along rows that it left.",
    "Keep what `on_delete` says, and delete the rows in a command.",
)  # fmt: skip
TABLE_ADDED = _adds("table_added", "A table or a column is new.")
RULE_DROPPED = _adds("rule_dropped", "More can be stored.")
STORED_RENAMED = _neutral(
    "stored_renamed", "A table or column gets another name, and keeps what it holds."
)
INDEX_CHANGED = _neutral("index_changed", "Indexes are made or dropped.")

# -- permissions -------------------------------------------------------------------------------
ACCESS_NARROWED = _breaks(
    "access_narrowed", "Some may no longer do what they may do.",
    "Make a role for those who go on doing it, and take it away from one after the other.",
)  # fmt: skip
ACCESS_CHANGED = _breaks(
    "access_changed", "It is not proved that everybody may do what they might before.",
    "Add the new rule beside the old one, where more is meant.",
)  # fmt: skip
ACCESS_WIDENED = _adds("access_widened", "Some may do more than before. Have a person look at it.")

CHANGE_CODES: Mapping[str, ChangeCode] = MappingProxyType({item.name: item for item in _entries})
"""Every code by its name."""
