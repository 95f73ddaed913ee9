"""The text of a .proto: the same for the same file."""

from collections.abc import Iterable, Iterator, Mapping

from charter.wire.grpc.shape import STREAMING, Enum, File, Member, Message, Rpc, Service

_HEAD = "// Made from a contract by `charter design --proto`. Do not edit.\n"


def proto_text(file: File) -> str:
    """The file as text, in proto3."""
    lines = [_HEAD, *_comment(file.doc, ""), 'syntax = "proto3";\n', f"package {file.package};\n"]
    lines.append("".join(f'import "{name}";\n' for name in sorted(file.imports)))
    lines.extend("\n".join(_service(item)) + "\n" for item in file.services)
    lines.extend("\n".join(_message(item, file, "", frozenset())) + "\n" for item in file.messages)
    lines.extend("\n".join(_enum(item, "")) + "\n" for item in file.enums)
    return "\n".join(lines)


def _comment(doc: str, indent: str) -> Iterator[str]:
    for line in doc.strip().splitlines():
        yield f"{indent}// {line.strip()}".rstrip()


def _service(service: Service) -> Iterator[str]:
    yield from _comment(service.doc, "")
    yield f"service {service.name} {{"
    for rpc in service.rpcs:
        yield from _comment(_said(rpc), "  ")
        stream = "stream " if rpc.verb in STREAMING else ""
        yield f"  rpc {rpc.name}({rpc.request}) returns ({stream}{rpc.response});"
    yield "}"


def _said(rpc: Rpc) -> str:
    return "" if rpc.command is None else rpc.command.doc


def _message(message: Message, file: File, indent: str, around: frozenset[str]) -> Iterator[str]:
    """`around` are the names that are known where the message stands, beside its package's."""
    known = around | {enum.name for enum in message.enums} | {it.name for it in message.messages}
    yield from _comment(message.doc, indent)
    yield f"{indent}message {message.name} {{"
    inner = indent + "  "
    for enum in message.enums:
        yield from _enum(enum, inner)
    for below in message.messages:
        yield from _message(below, file, inner, known)
    names = {member.name for member in message.members}
    yield from _reserved(message.gone, names, inner)
    oneofs: dict[str, list[Member]] = {}
    for member in message.members:
        if member.oneof is None:
            yield from _member(member, known, file, inner)
        else:
            oneofs.setdefault(member.oneof, []).append(member)
    for name, members in oneofs.items():
        yield f"{inner}oneof {name} {{"
        for member in members:
            yield from _member(member, known, file, inner + "  ")
        yield f"{inner}}}"
    yield f"{indent}}}"


def _member(member: Member, known: frozenset[str], file: File, indent: str) -> Iterator[str]:
    yield from _comment(member.doc, indent)
    label = f"{member.label} " if member.label else ""
    yield f"{indent}{label}{_type(member, known, file)} {member.name} = {member.number};"


def _type(member: Member, known: frozenset[str], file: File) -> str:
    """A name inside the message, or one that it stands in, hides one of the package."""
    if member.type in known:
        return f"{file.package}.{member.type}"
    return member.type.removeprefix(".")


def _reserved(gone: Mapping[int, str], names: set[str], indent: str) -> Iterator[str]:
    if gone:
        yield f"{indent}reserved {', '.join(map(str, sorted(gone)))};"
        yield from _reserved_names(gone.values(), names, indent)


def _reserved_names(gone: Iterable[str], names: set[str], indent: str) -> Iterator[str]:
    old = sorted({name for name in gone if name and name not in names})
    if old:
        yield f"{indent}reserved {', '.join(f'{chr(34)}{name}{chr(34)}' for name in old)};"


def _enum(enum: Enum, indent: str) -> Iterator[str]:
    yield from _comment(enum.doc, indent)
    yield f"{indent}enum {enum.name} {{"
    yield from _reserved(enum.gone, set(enum.values), indent + "  ")
    for name, number in enum.values.items():
        yield f"{indent}  {name} = {number};"
    yield f"{indent}}}"
