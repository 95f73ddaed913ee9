"""The .proto of a contract: what compilers make of its text is what is served."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from charter.contract import resource as hub
from charter.contract.contract import Contract
from charter.contract.types import INTEGER, TEXT, Scalar, Type
from charter.wire.grpc.common import QUERY
from charter.wire.grpc.describe import numbers_for, proto_of
from charter.wire.grpc.faults import PROTO_NAME_TAKEN, ProtoFault
from charter.wire.grpc.pool import described
from charter.wire.grpc.shape import File
from charter.wire.grpc.text import proto_text
from tests.behaviour.contract import studio

CONTRACT = studio.build()
BUF = str(Path(sys.executable).with_name("buf"))


def made(contract: Contract = CONTRACT) -> File:
    return proto_of(contract, numbers_for(contract))


def written(folder: Path, *files_: File) -> Path:
    for file in files_:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(proto_text(file), encoding="utf-8")
    return folder


def compiled(folder: Path, file: File) -> Mapping[str, descriptor_pb2.FileDescriptorProto]:
    """What protoc makes of the text of a file and of that which it imports."""
    out = folder / "set.pb"
    well_known = str(files("grpc_tools").joinpath("_proto"))
    run = subprocess.run(
        [
            sys.executable, "-m", "grpc_tools.protoc", "-I", str(folder), "-I", well_known,
            f"--descriptor_set_out={out}", file.path, QUERY.path,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    found = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    return {item.name: item for item in found.file}


def test_protoc_reads_the_text_as_what_is_served(tmp_path: Path) -> None:
    file = made()
    found = compiled(written(tmp_path, file, QUERY), file)
    assert found[file.path] == described(file)
    assert found[QUERY.path] == described(QUERY)


def test_what_is_gone_is_reserved_for_protoc_too(tmp_path: Path) -> None:
    old = numbers_for(CONTRACT)
    without = replace(
        CONTRACT,
        resources=tuple(
            replace(item, fields=tuple(one for one in item.fields if one.name not in GONE))
            for item in CONTRACT.resources
        ),
    )
    file = proto_of(without, numbers_for(without, old))
    found = compiled(written(tmp_path, file, QUERY), file)[file.path]
    assert found == described(file)
    sample = next(item for item in found.message_type if item.name == "Sample")
    assert set(sample.reserved_name) == GONE
    assert {one.start for one in sample.reserved_range} == {old.of("Sample", name) for name in GONE}


GONE = {"ratio", "kind"}


def test_buf_builds_it_and_sees_no_break_in_what_is_added(tmp_path: Path) -> None:
    before, after = written(tmp_path / "a", made(), QUERY), tmp_path / "b"
    grown = replace(CONTRACT, resources=tuple(map(_grown, CONTRACT.resources)))
    numbers = numbers_for(grown, numbers_for(CONTRACT))
    written(after, proto_of(grown, numbers), QUERY)
    run = subprocess.run(
        [BUF, "breaking", str(after), "--against", str(before), "--error-format", "json"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (0, ""), run.stderr
    shuffled = proto_of(grown, numbers_for(grown))
    written(after, shuffled, QUERY)
    run = subprocess.run(
        [BUF, "breaking", str(after), "--against", str(before), "--error-format", "json"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    kinds = {json.loads(line)["type"] for line in run.stdout.splitlines()}
    assert "FIELD_SAME_NAME" in kinds, "without the file, a new field moves those behind it"


def _grown(resource: hub.Resource) -> hub.Resource:
    first, *rest = resource.fields
    new = (hub.Field("brand_new", INTEGER, optional=True), hub.Field("newer", TEXT, optional=True))
    return replace(resource, fields=(first, *new, *rest))


def test_the_text_is_the_same_every_time() -> None:
    assert proto_text(made(studio.build())) == proto_text(made())


def test_choices_of_any_text_are_values_of_an_enum(tmp_path: Path) -> None:
    kind = Type(Scalar.CHOICE, choices=("a-b", "a b", "A_B", "ü", "1st", "unspecified", ""))
    sample = CONTRACT.resource_named["Sample"]
    odd = replace(sample, fields=(*sample.fields, hub.Field("odd", kind, optional=True)))
    contract = replace(
        CONTRACT,
        resources=tuple(odd if item is sample else item for item in CONTRACT.resources),
    )
    file = made(contract)
    assert compiled(written(tmp_path, file, QUERY), file)[file.path] == described(file)
    message = next(item for item in file.messages if item.name == "Sample")
    enum = next(item for item in message.enums if item.name == "Odd")
    assert enum.values == {
        "ODD_UNSPECIFIED": 0, "ODD_A_B": 1, "ODD_A_B_2": 2, "ODD_A_B_3": 3, "ODD_VALUE": 4,
        "ODD_1ST": 5, "ODD_UNSPECIFIED_2": 6, "ODD_VALUE_2": 7,
    }  # fmt: skip


def test_an_enum_and_a_resource_may_have_one_name(tmp_path: Path) -> None:
    tag, project = (CONTRACT.resource_named[name] for name in ("Tag", "Project"))
    status = replace(tag, name="Status", path="statuses", relations=())
    leads = hub.Relation("states", "Status", "many", "id", "id")
    named = replace(project, relations=(*project.relations, leads))
    kept = tuple(named if item is project else item for item in CONTRACT.resources)
    contract = replace(CONTRACT, resources=(*kept, status))
    file = made(contract)
    assert compiled(written(tmp_path, file, QUERY), file)[file.path] == described(file)


def test_resources_may_be_called_as_what_stands_inside_of_messages(tmp_path: Path) -> None:
    tag = CONTRACT.resource_named["Tag"]
    odd = tuple(
        replace(tag, name=name, path=f"{name.lower()}s", relations=())
        for name in ("Change", "Result", "Operation", "Value", "Nothing")
    )
    file = made(replace(CONTRACT, resources=(*CONTRACT.resources, *odd)))
    found = compiled(written(tmp_path, file, QUERY), file)[file.path]
    assert found == described(file)
    watching = next(item for item in found.message_type if item.name == "WatchChangesResponse")
    (change,) = watching.nested_type
    assert change.field[3].type_name == f".{file.package}.Change"


def test_a_list_is_watched_by_its_filter_and_one_row_by_its_key() -> None:
    proto = proto_text(made())
    assert (
        "  rpc WatchProjects(WatchProjectsRequest) returns (stream WatchProjectsResponse);" in proto
    )
    assert message_of(proto, "WatchProjectsRequest") == {
        "optional string id": 1, "charterapi.v1.Filter filter": 3, "optional string search": 5,
        "google.protobuf.FieldMask read_mask": 6, "charterapi.v1.Have have": 7,
        "optional string after": 8,
    }  # fmt: skip
    assert message_of(proto, "WatchProjectTasksRequest")["string project_id"] == 9
    assert message_of(proto, "WatchProjectsResponse") == {
        "charterapi.v1.ChangeKind kind": 1, "string key": 2, "string tag": 3, "Project row": 4,
        "repeated Change changes": 1, "string position": 2, "bool ready": 3, "string reset": 4,
    }  # fmt: skip


def test_an_input_may_have_the_name_of_what_every_command_takes(tmp_path: Path) -> None:
    command = next(item for item in CONTRACT.commands_of["Project"] if item.inputs)
    named = replace(command, inputs=(replace(command.inputs[0], name="version"),))
    commands = tuple(named if item is command else item for item in CONTRACT.commands)
    file = made(replace(CONTRACT, commands=commands))
    assert compiled(written(tmp_path, file, QUERY), file)[file.path] == described(file)


def message_of(proto: str, name: str) -> dict[str, int]:
    """The fields of a message with their numbers, those of messages inside it as well."""
    body = proto.partition(f"\nmessage {name} {{\n")[2].partition("\n}\n")[0]
    fields = (line.strip().rstrip(";").split(" = ") for line in body.splitlines() if " = " in line)
    return {field: int(number) for field, number in fields}


def test_two_messages_of_one_name_are_a_fault() -> None:
    command = CONTRACT.commands_of["Project"][0]
    clashing = replace(command, name="get")
    with pytest.raises(ProtoFault) as fault:
        made(replace(CONTRACT, commands=(*CONTRACT.commands, clashing)))
    assert fault.value.code is PROTO_NAME_TAKEN
    assert "GetProject" in str(fault.value)


def test_a_field_that_every_row_has_is_a_fault() -> None:
    tag = CONTRACT.resource_named["Tag"]
    taken = replace(tag, fields=(*tag.fields, hub.Field("hidden_fields", TEXT)))
    resources = tuple(taken if item is tag else item for item in CONTRACT.resources)
    with pytest.raises(ProtoFault, match=r"Tag\.hidden_fields") as fault:
        made(replace(CONTRACT, resources=resources))
    assert fault.value.code is PROTO_NAME_TAKEN


def test_a_resource_may_have_the_name_of_a_method() -> None:
    tag = CONTRACT.resource_named["Tag"]
    batch = replace(tag, name="Batch", path="batches", relations=())
    made(replace(CONTRACT, resources=(*CONTRACT.resources, batch)))
