"""A folder of static files, served beside the API.

All files are read when the process starts, within bounds, so a request is a look-up of its path
among those that were found: no path that a client makes up ever reaches the file system. In
development the folder is looked at again from time to time, for changes to show at once.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from charter.core.codes import METHOD_NOT_ALLOWED
from charter.core.problems import Problem
from charter.serve.settings.model import ServeSettings
from charter.wire.http import Request, Response
from charter.wire.pages.assets import CHECKED, Document, answered, document
from charter.wire.rest.compress import Coding, compressed
from charter.wire.rest.headers import ALOOF, Headers

MOST_FILES = 10_000
MOST_BYTES = 256 * 1024 * 1024
"""Of all files together: each process has them in memory."""
MOST_CODED = 1024 * 1024
"""Bytes of a file beyond which it is sent as it is, for the sake of other requests."""
INDEX = "index.html"
_LOOK_AGAIN = 0.5
"""Seconds."""
_METHODS = ("GET", "HEAD")
_OTHER = "application/octet-stream"
_TEXTS = {
    ".css": "text/css", ".csv": "text/csv", ".htm": "text/html", ".html": "text/html",
    ".js": "text/javascript", ".md": "text/markdown", ".mjs": "text/javascript",
    ".txt": "text/plain",
}  # fmt: skip
_TYPES: Mapping[str, str] = {
    **{end: f"{kind}; charset=utf-8" for end, kind in _TEXTS.items()},
    ".avif": "image/avif", ".gif": "image/gif", ".ico": "image/x-icon", ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg", ".json": "application/json", ".map": "application/json",
    ".mp3": "audio/mpeg", ".mp4": "video/mp4", ".ogg": "audio/ogg", ".otf": "font/otf",
    ".pdf": "application/pdf", ".png": "image/png", ".svg": "image/svg+xml", ".ttf": "font/ttf",
    ".wasm": "application/wasm", ".webm": "video/webm", ".webmanifest": "application/manifest+json",
    ".webp": "image/webp", ".woff": "font/woff", ".woff2": "font/woff2", ".xml": "application/xml",
}  # fmt: skip
_CODED = frozenset({*_TEXTS, ".json", ".map", ".svg", ".wasm", ".webmanifest", ".xml"})

_Seen = dict[str, tuple[Path, int, int]]
"""Files by their path below the folder, with their size and when they were changed."""


class Shown:
    """One file, with its codings as they were asked for."""

    __slots__ = ("_coded", "document", "is_coded")

    def __init__(self, shown: Document, *, is_coded: bool) -> None:
        self.document = shown
        self.is_coded = is_coded
        self._coded: dict[Coding, bytes] = {}

    def coded(self, shown: Document, coding: Coding) -> bytes:
        found = self._coded.get(coding)
        if found is None:
            found = self._coded[coding] = compressed(coding, shown.body)
        return found


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of a folder: files by their path, and where paths without a slash at the end
    lead to. All paths begin with a slash and are not percent-encoded."""

    files: Mapping[str, Shown]
    folders: frozenset[str]


class Public:
    """The files of one folder. `watched` looks for changes.

    Raises ValueError where it is no folder, or holds more than it may.
    """

    def __init__(self, folder: Path, policy: str, *, watched: bool) -> None:
        self._folder = folder
        self._headers: Headers = (CHECKED, ("content-security-policy", policy), *ALOOF)
        self._watched = watched
        self._seen = seen_in(folder)
        self._found = self._read(self._seen)
        self._looked = time.monotonic()

    def answer(self, request: Request, root: str = "") -> Response | None:
        """The file at a request's path; None where there is none. A folder has its `index.html`.
        `root` is the path that all of them are below.

        Raises `method_not_allowed` for all but GET and HEAD.
        """
        path = _path(request.path[len(root) :]) if request.path.startswith(root) else None
        if path is None:
            return None
        found = self._current()
        if path in found.folders:
            return self._to_folder(request, root + quote(path) + "/")
        shown = found.files.get(path)
        if shown is None:
            return None
        _check_method(request)
        return answered(request, shown.document, shown.coded if shown.is_coded else None)

    def _to_folder(self, request: Request, location: str) -> Response:
        """References in an index are relative to its folder: its path ends with a slash."""
        _check_method(request)
        query = f"?{request.query}" if request.query else ""
        fields = (("location", location + quote(query, safe="%/:?@!$&'()*+,;=~")),)
        return Response(308, (*fields, *self._headers, ("content-length", "0")))

    def _current(self) -> Found:
        if self._watched and (now := time.monotonic()) - self._looked > _LOOK_AGAIN:
            self._looked = now
            try:
                seen = seen_in(self._folder)
                if seen != self._seen:
                    self._found, self._seen = self._read(seen), seen
            except (OSError, ValueError):
                # It is just being written; what was there before stays until it fits again.
                pass
        return self._found

    def _read(self, seen: _Seen) -> Found:
        files: dict[str, Shown] = {}
        folders: set[str] = set()
        for below, (file, _, _) in seen.items():
            body = file.read_bytes()
            end = PurePosixPath(below).suffix.lower()
            made = document(body, _TYPES.get(end, _OTHER), self._headers)
            shown = Shown(made, is_coded=end in _CODED and len(body) <= MOST_CODED)
            files["/" + below] = shown
            folder, _, name = f"/{below}".rpartition("/")
            if name == INDEX:
                files[folder + "/"] = shown
                if folder:
                    folders.add(folder)
        return Found(files, frozenset(folders))


def open_public(settings: ServeSettings) -> Public | None:
    """The folder that is set, or None. Raises ValueError where it cannot be served."""
    if settings.public is None:
        return None
    watched = not settings.in_production
    try:
        return Public(settings.public, settings.public_csp, watched=watched)
    except (OSError, ValueError) as error:
        raise ValueError(f"public: {error}") from None


def with_public(
    root: str,
    public: Public | None,
    pages: Callable[[Request], Response | None],
    claimed: Callable[[Request], bool],
) -> Callable[[Request], Response | None]:
    """Answers for all that `pages` answers for, and below a root for the files of a folder. What
    the service itself has at a path comes first: `claimed` tells of what is no page."""
    if public is None:
        return pages

    def answer(request: Request) -> Response | None:
        page = pages(request)
        if page is not None or claimed(request):
            return page
        return public.answer(request, root)

    return answer


def seen_in(folder: Path) -> _Seen:
    """The files of a folder and those below it. What begins with a dot is left out, and so is
    what is no file, or lies outside by a symbolic link. Raises ValueError beyond the bounds."""
    whole = folder.resolve()
    if not whole.is_dir():
        raise ValueError(f"{folder} is no folder")
    found: _Seen = {}
    size = 0
    for file in _files(whole):
        try:
            real = file.resolve(strict=True)
            status = real.stat()
        except (OSError, RuntimeError):  # a link to nothing, or in a circle
            continue
        if not real.is_relative_to(whole) or not stat.S_ISREG(status.st_mode):
            continue
        size += status.st_size
        below = file.relative_to(whole).as_posix()
        found[below] = (real, status.st_size, status.st_mtime_ns)
        if len(found) > MOST_FILES:
            raise ValueError(f"{folder} has more than {MOST_FILES} files")
        if size > MOST_BYTES:
            raise ValueError(f"the files of {folder} have more than {MOST_BYTES} bytes")
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Links to folders are not followed: they could lead in circles."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))


def _path(raw: str) -> str | None:
    """A raw path as paths of files are spelled; None where it cannot be one. An encoded slash is
    no separator (RFC 3986, section 2.2)."""
    if "%2f" in raw.lower():
        return None
    try:
        return unquote(raw, errors="strict")
    except UnicodeDecodeError:
        return None


def _check_method(request: Request) -> None:
    if request.method not in _METHODS:
        raise Problem(METHOD_NOT_ALLOWED, members={"allow": _METHODS})
