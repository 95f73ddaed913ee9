"""What a class body declares, with the line of each declaration."""

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final, get_origin

from charter.core.places import Place
from charter.language.fields import MISSING, WORDS, FieldWord
from charter.language.sources import lines_of_class

_NONE: Mapping[str, Any] = MappingProxyType({})
ATTRIBUTE: Final = "__charter_declared__"


@dataclass(frozen=True, slots=True)
class Names:
    """Where the names of an annotation are looked up."""

    globals: Mapping[str, Any]
    locals: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One annotated name of a class body. `default` is a word, a plain value, or MISSING."""

    name: str
    annotation: object
    default: object
    place: Place
    names: Names


@dataclass(frozen=True, slots=True)
class Declared:
    """A class body: its annotated names in order, and words that stand without annotation."""

    name: str
    attributes: Mapping[str, Attribute]
    strays: Mapping[str, Place]
    doc: str
    place: Place
    own: frozenset[str] = frozenset()
    """The names that the class itself annotates, and none of its bases."""

    def own_place(self, name: str) -> Place | None:
        """Where the class itself declares a name, if it does."""
        return self.attributes[name].place if name in self.own else None


def _is_class_variable(annotation: object) -> bool:
    text = annotation if isinstance(annotation, str) else ""
    return (
        annotation is ClassVar
        or get_origin(annotation) is ClassVar
        or text.startswith(("ClassVar", "typing.ClassVar"))
    )


def declare(cls: type[Any], depth: int) -> None:
    """Reads a class body and takes its defaults off the class, so that rows hold all values.

    `depth` is the number of frames between this function and the class statement.
    """
    frame = sys._getframe(depth)
    at_top = frame.f_locals is frame.f_globals
    names = Names(frame.f_globals, _NONE if at_top else dict(frame.f_locals))
    started = Place(frame.f_code.co_filename, frame.f_lineno)
    lines = lines_of_class(started, cls.__name__)

    def place_of(name: str) -> Place:
        return Place(started.file, lines.get(name, lines[""]))

    attributes: dict[str, Attribute] = {}
    for base in reversed(cls.__mro__[1:]):
        known = vars(base).get(ATTRIBUTE)
        attributes.update(known.attributes if isinstance(known, Declared) else {})
    annotations = inspect.get_annotations(cls)
    for name, annotation in annotations.items():
        if _is_class_variable(annotation):
            continue
        default = vars(cls).get(name, MISSING)
        attributes[name] = Attribute(name, annotation, default, place_of(name), names)
        if default is not MISSING:
            delattr(cls, name)
    strays = {
        name: place_of(name)
        for name, value in list(vars(cls).items())
        if isinstance(value, WORDS) and name not in annotations
    }
    doc = inspect.cleandoc(vars(cls).get("__doc__") or "")
    own = frozenset(attributes).intersection(annotations)
    declared = Declared(cls.__name__, attributes, strays, doc, place_of(""), own)
    setattr(cls, ATTRIBUTE, declared)


def declared_by(cls: type[Any]) -> Declared:
    """What a class that derives from one of Charter's bases declares."""
    found = vars(cls)[ATTRIBUTE]
    if not isinstance(found, Declared):
        raise TypeError(f"{cls.__name__} is not a class of a contract")
    return found


def default_of(attribute: Attribute) -> object:
    """The plain default of an attribute, or MISSING."""
    word = attribute.default
    if isinstance(word, FieldWord):
        return word.default
    return MISSING if isinstance(word, WORDS) else word
