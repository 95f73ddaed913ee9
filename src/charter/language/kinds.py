"""Kinds of text, and Json: for type checkers they are plain `str` and `Any`."""

from typing import Annotated, Any

from charter.contract.types import Scalar

Email = Annotated[str, Scalar.EMAIL]
"""An e-mail address."""
Url = Annotated[str, Scalar.URL]
"""An absolute http or https address."""
Json = Annotated[Any, Scalar.JSON]
"""Any JSON value."""
