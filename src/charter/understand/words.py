"""Words of a foreign name, and their English singular."""

import re
import unicodedata

from charter.core.names import plural

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_SINGULAR = {
    "people": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse",
    "criteria": "criterion", "indices": "index", "matrices": "matrix", "vertices": "vertex",
    "movies": "movie", "cookies": "cookie", "ties": "tie", "pies": "pie", "calories": "calorie",
    "shelves": "shelf", "leaves": "leaf", "wolves": "wolf", "halves": "half", "heroes": "hero",
    "potatoes": "potato", "tomatoes": "tomato", "analyses": "analysis", "axes": "axis",
    "buses": "bus", "gases": "gas", "crises": "crisis", "theses": "thesis", "quizzes": "quiz",
}  # fmt: skip
_SAME = frozenset(
    {
        "series", "species", "news", "data", "media", "canvas", "atlas", "bias", "gas", "lens",
        "chaos", "sms", "gps", "dns", "https", "aws", "equipment", "information", "stock",
        "settings", "logistics", "analytics", "alias", "always", "is", "was", "has",
    }
)  # fmt: skip
_HISSING = ("sses", "xes", "ches", "shes", "zzes")
_KEEPS_E = ("ouses", "auses")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in any spelling, in small ASCII letters; digits stay with the word
    before them. Empty where nothing of the name can be spelt so."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    plain = "".join(item for item in plain if not unicodedata.combining(item))
    found: list[str] = []
    end = -1
    for match in _WORD.finditer(plain):
        word = match[0].lower()
        if found and match.start() == end and (word.isdigit() or _glued(plain, match.start())):
            found[-1] += word
        else:
            found.append(word)
        end = match.end()
    return tuple(found)


def _glued(text: str, at: int) -> bool:
    """Whether small letters go on a word that ended in digits: `mp3s`, not `line2Text`."""
    return text[at - 1].isdigit() and text[at].islower()


def singular(word: str) -> str:
    """The English singular of a word in small letters, as far as rules go."""
    if word in _SAME or word.endswith(("ss", "us", "is")) or not word.endswith("s"):
        return _SINGULAR.get(word, word)
    if word in _SINGULAR:
        return _SINGULAR[word]
    if len(word) < 3:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(_HISSING) and not word.endswith(_KEEPS_E):
        return word[:-2]
    if word.endswith("uses") and not word.endswith(_KEEPS_E) and len(word) > 5:
        return word[:-2]
    return word[:-1]


def plural_of(name: str) -> str:
    """The plural of a snake-case name; a name that is a plural already stays."""
    head, _, last = name.rpartition("_")
    return name if singular(last) != last else plural(f"{head}_{last}" if head else last)
