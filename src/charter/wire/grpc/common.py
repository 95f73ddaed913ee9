"""charterapi/v1/query.proto: what requests to every contract have in common.

Its package is not `charter`, which in Python is the name of this one.
"""

from charter.plan.ask import Comparator
from charter.plan.news import Kind
from charter.wire.grpc.shape import Enum, File, Label, Member, Message

PACKAGE = "charterapi.v1"
PATH = "charterapi/v1/query.proto"
FILTER, SUMMARY, COUNTING = f"{PACKAGE}.Filter", f"{PACKAGE}.Summary", f"{PACKAGE}.Counting"

COMPARATORS: dict[int, Comparator] = dict(enumerate(Comparator, start=1))
COUNTINGS = {1: "exact", 2: "estimated"}
HAVE, CHANGE_KIND = f"{PACKAGE}.Have", f"{PACKAGE}.ChangeKind"
SNAPSHOT = 1
CHANGE_KINDS = {kind: number for number, kind in enumerate(Kind, start=SNAPSHOT + 1)}

QUERY = File(
    PATH,
    PACKAGE,
    ("google/protobuf/struct.proto",),
    (
        Message(
            "Filter",
            (
                Member("condition", 1, "Condition", doc="One test.", oneof="kind"),
                Member("all", 2, "Filters", doc="Each of them holds.", oneof="kind"),
                Member("any", 3, "Filters", doc="Some one of them holds.", oneof="kind"),
                Member("not", 4, "Filter", doc="It does not hold.", oneof="kind"),
            ),
            "Which rows are asked for.",
        ),
        Message("Filters", (Member("filters", 1, "Filter", Label.REPEATED),)),
        Message(
            "Condition",
            (
                Member("field", 1, "string", doc="A field, or one of related rows by its path."),
                Member("comparator", 2, "Comparator", doc="EQ where none is given."),
                Member(
                    "values", 3, "string", Label.REPEATED,
                    "One value as text; IN and NOT_IN take any number. NULL takes true or false.",
                ),
            ),
            "A test on a field of the row, or of some one of the rows related to it.",
        ),
        Message(
            "Summary",
            (Member("items", 1, "google.protobuf.Struct", Label.REPEATED),),
            "What was worked out, one item for each group.",
        ),
        Message(
            "Have",
            (Member("rows", 1, "Held", Label.REPEATED),),
            "Rows that a client has, as it was told of them.",
        ),
        Message(
            "Held",
            (
                Member("key", 1, "string"),
                Member("tag", 2, "string", Label.OPTIONAL, "Without one the row is told anew."),
            ),
        ),
    ),
    enums=(
        Enum(
            "Comparator",
            {"COMPARATOR_UNSPECIFIED": 0}
            | {f"COMPARATOR_{item.name}": number for number, item in COMPARATORS.items()},
            "What a condition tests.",
        ),
        Enum(
            "Counting",
            {"COUNTING_UNSPECIFIED": 0}
            | {f"COUNTING_{item.upper()}": number for number, item in COUNTINGS.items()},
            "How the rows of a list are counted; without it they are not.",
        ),
        Enum(
            "ChangeKind",
            {"CHANGE_KIND_UNSPECIFIED": 0, "CHANGE_KIND_SNAPSHOT": SNAPSHOT}
            | {f"CHANGE_KIND_{kind.name}": number for kind, number in CHANGE_KINDS.items()},
            "What became of a row in what is watched: it was there at the beginning, came into "
            "it, changed, or fell out of it.",
        ),
    ),
    doc="What requests to every service have in common.",
)  # fmt: skip
