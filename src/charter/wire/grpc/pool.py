"""Messages without generated code: the description of a file, and the classes made from it."""

from collections.abc import Mapping

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    empty_pb2,
    field_mask_pb2,
    message_factory,
    struct_pb2,
    timestamp_pb2,
)
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message as ProtoMessage

from charter.wire.grpc.common import QUERY
from charter.wire.grpc.shape import STREAMING, Enum, File, Label, Member, Message

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS: Mapping[str, "descriptor_pb2.FieldDescriptorProto.Type.ValueType"] = {
    "string": _Field.TYPE_STRING,
    "int64": _Field.TYPE_INT64,
    "int32": _Field.TYPE_INT32,
    "bool": _Field.TYPE_BOOL,
    "double": _Field.TYPE_DOUBLE,
}
_ELSEWHERE = ("google.", f"{QUERY.package}.")
_SHARED_ENUMS = frozenset(f"{QUERY.package}.{enum.name}" for enum in QUERY.enums)


def described(file: File) -> descriptor_pb2.FileDescriptorProto:
    """A file as protoc would describe it, but for its comments."""
    found = descriptor_pb2.FileDescriptorProto(
        name=file.path, package=file.package, syntax="proto3", dependency=sorted(file.imports)
    )
    found.message_type.extend(_message(item, file, file.package, None) for item in file.messages)
    found.enum_type.extend(map(_enum, file.enums))
    for service in file.services:
        made = found.service.add(name=service.name)
        for rpc in service.rpcs:
            method = made.method.add(
                name=rpc.name,
                input_type=_absolute(rpc.request, file.package),
                output_type=_absolute(rpc.response, file.package),
            )
            if rpc.verb in STREAMING:
                method.server_streaming = True
    return found


def _absolute(name: str, package: str) -> str:
    return f".{name}" if name.startswith(_ELSEWHERE) else f".{package}.{name}"


def _message(
    message: Message, file: File, scope: str, enums: frozenset[str] | None
) -> descriptor_pb2.DescriptorProto:
    found = descriptor_pb2.DescriptorProto(name=message.name)
    here = f"{scope}.{message.name}"
    known = enums if enums is not None else frozenset(enum.name for enum in file.enums)
    found.enum_type.extend(map(_enum, message.enums))
    found.nested_type.extend(_message(item, file, here, known) for item in message.messages)
    own = {enum.name for enum in message.enums}
    oneofs = list(dict.fromkeys(one.oneof for one in message.members if one.oneof is not None))
    for name in oneofs:
        found.oneof_decl.add(name=name)
    ordered = [one for one in message.members if one.oneof is None]
    ordered += [one for name in oneofs for one in message.members if one.oneof == name]
    for member in ordered:
        field = _field(member, here, file.package, own, known)
        if member.oneof is not None:
            field.oneof_index = oneofs.index(member.oneof)
        found.field.append(field)
    for field in found.field:
        if field.proto3_optional:
            field.oneof_index = len(found.oneof_decl)
            found.oneof_decl.add(name=f"_{field.name}")
    names = {member.name for member in message.members}
    for number in sorted(message.gone):
        found.reserved_range.add(start=number, end=number + 1)
    found.reserved_name.extend(sorted(set(message.gone.values()) - names - {""}))
    return found


def _field(
    member: Member, here: str, package: str, own: set[str], known: frozenset[str]
) -> descriptor_pb2.FieldDescriptorProto:
    repeated = member.label is Label.REPEATED
    label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
    field = _Field(name=member.name, number=member.number, label=label)
    field.json_name = _json_name(member.name)
    field.proto3_optional = member.label is Label.OPTIONAL
    if not field.proto3_optional:
        field.ClearField("proto3_optional")
    scalar = _SCALARS.get(member.type)
    if scalar is not None:
        field.type = scalar
        return field
    bare = member.type.removeprefix(".")
    if member.type.startswith("."):
        field.type_name = f".{here}.{bare}"
    else:
        field.type_name = _absolute(bare, package)
    inside = member.type.startswith(".") and bare in own
    enum = inside or member.type in known or member.type in _SHARED_ENUMS
    field.type = _Field.TYPE_ENUM if enum else _Field.TYPE_MESSAGE
    return field


def _json_name(name: str) -> str:
    """As protoc makes it: an underscore goes, and what follows it becomes a capital."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _enum(enum: Enum) -> descriptor_pb2.EnumDescriptorProto:
    found = descriptor_pb2.EnumDescriptorProto(name=enum.name)
    for name, number in enum.values.items():
        found.value.add(name=name, number=number)
    for number in sorted(enum.gone):
        found.reserved_range.add(start=number, end=number)
    return found


class Messages:
    """The classes of the messages of one contract, in a pool of their own."""

    def __init__(self, file: File) -> None:
        self.package = file.package
        self.pool = descriptor_pool.DescriptorPool()
        self._classes: dict[str, type[ProtoMessage]] = {}
        for module in (empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2):
            self.pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
        for item in (QUERY, file):
            self.pool.AddSerializedFile(described(item).SerializeToString())

    def descriptor(self, name: str) -> Descriptor:
        """The description of a message, by its name with its package or without."""
        full = name if name.startswith(_ELSEWHERE) else f"{self.package}.{name}"
        return self.pool.FindMessageTypeByName(full)

    def of(self, name: str) -> type[ProtoMessage]:
        """The class of a message."""
        found = self._classes.get(name)
        if found is None:
            found = message_factory.GetMessageClass(self.descriptor(name))
            self._classes[name] = found
        return found
