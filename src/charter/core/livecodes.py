"""The problem codes of live changes."""

from charter.core.problems import Code, Family

_F = Family

NOT_LIVE = Code(
    "not_live", _F.INVALID, "This cannot be followed.",
    "Rows and lists are followed; values that are worked out over many rows are not.",
    "Subscribe to the rows, or ask again from time to time.",
)  # fmt: skip
POSITION_EXPIRED = Code(
    "position_expired", _F.CONFLICT, "What happened since the position cannot be told.",
    "The position is older than the log of changes is kept, it is none of this service's, or "
    "something happened since that may have changed what is seen.",
    "Forget the rows that you have: all that there are follow.",
)  # fmt: skip
RIGHTS_CHANGED = Code(
    "rights_changed", _F.FORBIDDEN, "What you may see is not what it was.",
    "Roles, the tenant or the freshness of the sign-in have changed since the subscription began.",
    "Connect again: what may be seen now is told then.",
)  # fmt: skip
TOO_SLOW = Code(
    "too_slow", _F.LIMITED, "The client reads too slowly.",
    "More changes wait for the client than are kept for one connection.",
    "Connect again, and name what you have: what is different is told.",
)  # fmt: skip
TOO_MANY_SUBSCRIPTIONS = Code(
    "too_many_subscriptions", _F.LIMITED, "There are too many subscriptions.",
    "How many subscriptions a connection has, and how many connections there are, is bounded.",
    "End subscriptions that are not needed any more.",
)  # fmt: skip
NOT_CONNECTED = Code(
    "not_connected", _F.INVALID, "The first message has to be `connect`.",
    "A connection says who it is before anything else, in time and once.",
    'Send `{"type": "connect"}`, with a `token` where there is one; over GraphQL '
    '`{"type": "connection_init"}`.',
)  # fmt: skip
NO_SUBPROTOCOL = Code(
    "no_subprotocol", _F.UNAVAILABLE, "No WebSocket with a subprotocol can be opened here.",
    "GraphQL over WebSocket is a subprotocol, `graphql-transport-ws`. The interface `rsgi`, by "
    "which server and app speak with each other, knows none.",
    "Serve with `interface = asgi`, or follow by server-sent events, for which any interface will "
    "do.",
)  # fmt: skip

LIVE = (
    NOT_LIVE, POSITION_EXPIRED, RIGHTS_CHANGED, TOO_SLOW, TOO_MANY_SUBSCRIPTIONS, NOT_CONNECTED,
    NO_SUBPROTOCOL,
)  # fmt: skip
