"""Faults of what a contract declares: its file, names, fields, relations and constraints. Each
has a documentation page made from it."""

from charter.language.faultentries import Entries

_entries = Entries()
_code = _entries.code

# -- the file --------------------------------------------------------------------------------
FILE_UNREADABLE = _code(
    "file_unreadable", "The file cannot be read.",
    "The contract's file does not exist, is not Python, or is not readable.",
    "Name an existing Python file.",
)  # fmt: skip
PYTHON_ERROR = _code(
    "python_error", "The file cannot be imported.",
    "Python stopped while it read the file, before there was a contract to look at.",
    "Mend the line that is shown.",
)  # fmt: skip
CONTRACT_MISSING = _code(
    "contract_missing", "The file has no contract.",
    "A contract's file makes one `charter.Contract` and gives it a name at its top level.",
    "Add `shop = Contract(\"shop\")`.",
)  # fmt: skip
SEVERAL_CONTRACTS = _code(
    "several_contracts", "The file has several contracts.",
    "A service is one contract, so the file must have just one.",
    "Move the others to files of their own.",
)  # fmt: skip

# -- names -----------------------------------------------------------------------------------
NAME_MALFORMED = _code(
    "name_malformed", "A name is not spelt as names of its kind are.",
    "Fields, relations, inputs and commands are in snake case, classes in capital words; names "
    "have at most 48 characters, so that every database and every protocol can carry them.",
    "Spell the name as the message says.",
)  # fmt: skip
NAME_RESERVED = _code(
    "name_reserved", "A name has a meaning of its own already.",
    "Every row has `id`, `created_at`, `updated_at` and `version`; lists have names such as "
    "`items` and `next`, and readers of lists use names such as `limit` and `sort`.",
    "Choose another name.",
)  # fmt: skip
NAME_TAKEN = _code(
    "name_taken", "Two things have one name.",
    "Resources, tables, paths, commands, events and errors, and the fields and relations of one "
    "resource, each need a name of their own. A reference `customer` also takes `customer_id`.",
    "Rename one of them.",
)  # fmt: skip

MAPPING_UNFIT = _code(
    "mapping_unfit", "A word about an existing table does not fit.",
    "`table` says that the rows are there already; the other words say what it calls things.",
    "Correct the word as the message says, or leave it out.",
)  # fmt: skip

# -- fields ----------------------------------------------------------------------------------
ANNOTATION_UNKNOWN = _code(
    "annotation_unknown", "A type names something that cannot be found.",
    "The annotation was evaluated in the module, and a name in it does not exist there.",
    "Correct the name, or import it.",
)  # fmt: skip
ANNOTATION_MISSING = _code(
    "annotation_missing", "A value has no type.",
    "Every field, input, payload and result of a contract is typed.",
    "Add an annotation.",
)  # fmt: skip
TYPE_UNSUPPORTED = _code(
    "type_unsupported", "A type cannot be stored or sent.",
    "Fields can be str, int, bool, float, Decimal, date, datetime, UUID, Email, Url, a Literal "
    "or Enum of texts, Json, a resource, and lists of them; `| None` makes them optional.",
    "Use one of these types.",
)  # fmt: skip
OPTION_UNFIT = _code(
    "option_unfit", "An option does not fit its field.",
    "Lengths and patterns are for text, bounds for numbers, digits and places for Decimal, "
    "`min_items` and `max_items` for lists, `on_delete` for references.",
    "Leave the option out, or change the type.",
)  # fmt: skip
BOUNDS_EMPTY = _code(
    "bounds_empty", "No value can be within the bounds.",
    "The lower bound is above the upper one.",
    "Correct the bounds.",
)  # fmt: skip
DECIMAL_UNBOUNDED = _code(
    "decimal_unbounded", "A Decimal does not say its digits and places.",
    "Databases store decimals exactly only when they know how many digits to keep.",
    "Write `field(digits=12, places=2)`: twelve digits in all, two after the point.",
)  # fmt: skip
PATTERN_UNSAFE = _code(
    "pattern_unsafe", "A pattern is not read alike everywhere.",
    "Patterns are checked by Python, by databases and by clients (ECMA 262). Only what all of "
    "them read alike is taken: literals, `.`, classes such as `[a-z0-9_]`, groups `( )` and "
    "`(?: )`, `|`, `* + ? {m,n}`, `^`, `$` and escaped punctuation.",
    "Write `[0-9]` for a digit and `[A-Za-z0-9_]` for a word character; leave out look-around "
    "and back-references.",
)  # fmt: skip
DEFAULT_UNFIT = _code(
    "default_unfit", "A default is not a value of its field.",
    "The default has another type, or breaks the bounds of its own field.",
    "Correct the default.",
)  # fmt: skip
DELETE_UNFIT = _code(
    "delete_unfit", "A reference cannot do on delete what it says.",
    "`set_null` needs a reference that may be nothing; parts of an owner always go with it.",
    "Make the reference optional (`| None`), or choose restrict or cascade.",
)  # fmt: skip

APPEND_ONLY_UNFIT = _code(
    "append_only_unfit", "Rows that never change would have to change.",
    "Rows of an append-only resource are made and stay: they are no parts of others, do not go "
    "with what they refer to, are no accounts or tenants, and no rule is about changing them.",
    "Refer to others by references that restrict, and allow `read` and `create` only.",
)  # fmt: skip

# -- relations -------------------------------------------------------------------------------
RESOURCE_UNREGISTERED = _code(
    "resource_unregistered", "A class is no resource of this contract.",
    "A class becomes a resource of a contract through its decorator.",
    "Put `@<contract>.resource` above the class.",
)  # fmt: skip
RELATION_WORD_MISSING = _code(
    "relation_word_missing", "A list of rows does not say what it is.",
    "A list of another resource is the parts of this one, the rows that refer to it, or a "
    "many-to-many relation.",
    "Write `= owned()`, `= inverse()` or `= linked()`.",
)  # fmt: skip
RELATION_WORD_UNFIT = _code(
    "relation_word_unfit", "A word for lists of rows stands on something else.",
    "`owned()`, `inverse()` and `linked()` are for fields annotated as a list of a resource.",
    "Annotate the field as `list[\"Other\"]`.",
)  # fmt: skip
INVERSE_MISSING = _code(
    "inverse_missing", "Nothing refers back.",
    "An inverse or owned list is made of the rows whose reference names this row, and the other "
    "resource has no such reference.",
    "Add the reference to the other resource.",
)  # fmt: skip
INVERSE_AMBIGUOUS = _code(
    "inverse_ambiguous", "Several fields refer back.",
    "The other resource has more than one reference to this one.",
    "Name the reference that is meant.",
)  # fmt: skip
OWNED_TWICE = _code(
    "owned_twice", "A resource has two owners.",
    "A part is written and deleted with its owner, so it can have only one.",
    "Keep one `owned()`, and make the other list an `inverse()`.",
)  # fmt: skip
OWNED_CYCLE = _code(
    "owned_cycle", "Resources own each other in a circle.",
    "An owner is written before its parts; in a circle nothing could come first.",
    "Make one of the lists an `inverse()`.",
)  # fmt: skip
OWNED_OPTIONAL = _code(
    "owned_optional", "A part may be without its owner.",
    "A part lives and dies with its owner, so its reference to it cannot be nothing.",
    "Take `| None` from the reference.",
)  # fmt: skip
REQUIRED_CYCLE = _code(
    "required_cycle", "Rows need each other before either exists.",
    "Required references form a circle, so no row of these resources could ever be created.",
    "Make one of the references optional (`| None`).",
)  # fmt: skip

# -- computed fields and constraints ---------------------------------------------------------
COMPUTED_TYPE = _code(
    "computed_type", "A computed field has another type than it says.",
    "What the expression gives is not what the annotation promises.",
    "Correct the annotation or the expression.",
)  # fmt: skip
COMPUTED_CYCLE = _code(
    "computed_cycle", "Computed fields depend on each other in a circle.",
    "A computed field is worked out from others, and here that comes back to itself.",
    "Break the circle.",
)  # fmt: skip
BEYOND_ROW = _code(
    "beyond_row", "A row rule looks beyond its row.",
    "Checks and partial indexes are kept by the database for one row at a time: they can use "
    "its stored fields only.",
    "Use the row's own fields, or check the rule in a policy or command.",
)  # fmt: skip
FIELD_UNKNOWN = _code(
    "field_unknown", "A field is not known.",
    "The resource has no field of this name.",
    "Correct the name.",
)  # fmt: skip
FIELD_UNFIT = _code(
    "field_unfit", "A field cannot be used here.",
    "Unique, index, freeze and search are for stored fields; lists and Json cannot be compared.",
    "Use another field.",
)  # fmt: skip

DECLARED = _entries.all
