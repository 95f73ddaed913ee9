"""A faulty contract for every fault there is. `#! code` marks the line of each fault."""

from typing import Final

RESOURCES: Final = {
    "name_malformed": """
        @api.resource
        class thing(Resource):  #! name_malformed
            someName: str  #! name_malformed

        @api.policy(thing)
        def policy(row, actor):
            yield allow("read")
        """,
    "name_reserved": """
        @api.resource
        class Thing(Resource):
            id: int  #! name_reserved
            limit: int  #! name_reserved
            version: int  #! name_reserved

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")
        """,
    "name_taken": """
        @api.resource
        class Thing(Resource):
            owner: User
            owner_id: str  #! name_taken

        @api.resource(plural="things")
        class Other(Resource):  #! name_taken
            name: str

        @api.policy(Thing, Other)
        def policy(row, actor):
            yield allow("read")
        """,
    "mapping_unfit": """
        @api.resource(table="Thing", key="ThingId", read_only=True, stamps_stored="text")
        class Thing(Resource[int]):  #! mapping_unfit
            price: Decimal = field(digits=9, places=2, stored="naive")  #! mapping_unfit
            others: list["Other"] = linked(table="ThingOther")  #! mapping_unfit
            parts: list["Part"] = owned()  #! mapping_unfit

        @api.resource(key="OtherId")
        class Other(Resource):  #! mapping_unfit
            name: str = field(column="Name")  #! mapping_unfit
            things: list[Thing] = linked()

        @api.resource
        class Part(Resource):
            thing: Thing

        @api.policy(Thing, Other)
        def policy(row, actor):
            yield allow("read", "create")  #! mapping_unfit
        """,
    "annotation_unknown": """
        @api.resource
        class Thing(Resource):
            other: "Thingg"  #! annotation_unknown
            others: list["Missing"] = inverse()  #! annotation_unknown

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read", when=row.other == actor.user)
        """,
    "annotation_missing": """
        @api.resource
        class Thing(Resource):
            name = field(max_length=3)  #! annotation_missing

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("*")

        @api.command(Thing)
        async def go(row: Thing, unit: Unit, *, note=""):  #! annotation_missing, annotation_missing
            pass
        """,
    "type_unsupported": """
        @api.resource
        class Thing(Resource):
            a: complex  #! type_unsupported
            b: str | int  #! type_unsupported
            c: list[list[str]]  #! type_unsupported
            d: Literal[1, 2]  #! type_unsupported
            e: list  #! type_unsupported

        @api.resource
        class Odd(Resource[float]):  #! type_unsupported
            name: str

        @api.policy(Thing, Odd)
        def policy(row, actor):
            yield allow("read")
        """,
    "option_unfit": """
        @api.resource
        class Thing(Resource):
            a: int = field(max_length=3)  #! option_unfit
            b: str = field(ge=1)  #! option_unfit
            c: str = field(max_len=3)  #! option_unfit
            d: User = field(pattern="a")  #! option_unfit
            e: str = field(on_delete="cascade")  #! option_unfit
            f: list[str] = field(unique=True)  #! option_unfit
            g: str = field(set_by="nobody")  #! option_unfit

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")
        """,
    "bounds_empty": """
        @api.resource
        class Thing(Resource):
            a: int = field(ge=3, le=2)  #! bounds_empty
            b: str = field(min_length=3, max_length=2)  #! bounds_empty
            c: int = field(gt=3, lt=3)  #! bounds_empty
            d: str = field(max_length=-1)  #! bounds_empty

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")
        """,
    "decimal_unbounded": """
        @api.resource
        class Thing(Resource):
            price: Decimal  #! decimal_unbounded

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")
        """,
    "pattern_unsafe": r"""
        @api.resource
        class Thing(Resource):
            a: str = field(pattern="(")  #! pattern_unsafe
            b: str = field(pattern=r"\\d+")  #! pattern_unsafe
            c: str = field(pattern="(?=a)")  #! pattern_unsafe
            d: str = field(pattern="[A-Z]{2}-[0-9]+")

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")
        """.replace("\\\\", "\\"),
    "default_unfit": """
        @api.resource
        class Thing(Resource):
            a: int = field(ge=1, default=0)  #! default_unfit
            b: str = field(max_length=2, default="abc")  #! default_unfit
            c: Literal["x", "y"] = "z"  #! default_unfit
            d: int = "1"  #! default_unfit
            e: Decimal = field(digits=4, places=2, default=Decimal("1.234"))  #! default_unfit
            f: datetime = datetime(2020, 1, 1)  #! default_unfit
            g: str = None  #! default_unfit
            h: bool = 1  #! default_unfit
            i: list[str] = [1]  #! default_unfit
            j: str = field(default=lambda: "x")  #! default_unfit

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")
        """,
    "append_only_unfit": """
        @api.resource
        class Entry(Resource):
            owner: User = field(on_delete="cascade")  #! append_only_unfit

        api.append_only(Entry)

        @api.policy(Entry)
        def policy(row, actor):
            yield allow("read", "create")
        """,
    "delete_unfit": """
        @api.resource
        class Thing(Resource):
            owner: User = field(on_delete="set_null")  #! delete_unfit

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")
        """,
}

RELATIONS: Final = {
    "resource_unregistered": """
        class Loose(Resource):
            name: str

        @api.resource
        class Thing(Resource):
            loose: Loose  #! resource_unregistered

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")

        api.unique(Loose, "name")  #! resource_unregistered
        """,
    "relation_word_missing": """
        @api.resource
        class Thing(Resource):
            things: list["Thing"]  #! relation_word_missing

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")
        """,
    "relation_word_unfit": """
        @api.resource
        class Thing(Resource):
            name: str = owned()  #! relation_word_unfit

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")
        """,
    "inverse_missing": """
        @api.resource
        class Thing(Resource):
            name: str
            others: list["Other"] = inverse()  #! inverse_missing
            named: list["Other"] = inverse("thing")  #! inverse_missing

        @api.resource
        class Other(Resource):
            name: str

        @api.policy(Thing, Other)
        def policy(row, actor):
            yield allow("read")
        """,
    "inverse_ambiguous": """
        @api.resource
        class Thing(Resource):
            others: list["Other"] = inverse()  #! inverse_ambiguous
            firsts: list["Other"] = inverse("first")

        @api.resource
        class Other(Resource):
            first: Thing
            second: Thing

        @api.policy(Thing, Other)
        def policy(row, actor):
            yield allow("read")
        """,
    "owned_twice": """
        @api.resource
        class One(Resource):
            parts: list["Part"] = owned()

        @api.resource
        class Two(Resource):
            parts: list["Part"] = owned()

        @api.resource
        class Part(Resource):  #! owned_twice
            one: One
            two: Two

        @api.policy(One, Two)
        def policy(row, actor):
            yield allow("read")
        """,
    "owned_cycle": """
        @api.resource
        class One(Resource):  #! owned_cycle, required_cycle
            two: "Two"
            twos: list["Two"] = owned()

        @api.resource
        class Two(Resource):
            one: One
            ones: list[One] = owned()
        """,
    "owned_optional": """
        @api.resource
        class Thing(Resource):
            parts: list["Part"] = owned()

        @api.resource
        class Part(Resource):
            thing: Thing | None  #! owned_optional

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")
        """,
    "required_cycle": """
        @api.resource
        class Egg(Resource):  #! required_cycle
            hen: "Hen"

        @api.resource
        class Hen(Resource):
            egg: Egg

        @api.policy(Egg, Hen)
        def policy(row, actor):
            yield allow("read")
        """,
    "computed_type": """
        @api.resource
        class Thing(Resource):
            a: int
            n: int | None
            b: str = computed(lambda row: row.a + 1)  #! computed_type
            c: int = computed(lambda row: row.n + 1)  #! computed_type
            d: int = computed(lambda row: row.a > 1)  #! computed_type
            e: User = computed(lambda row: row.a)  #! computed_type
            f: int | None = computed(lambda row: row.n + 1)
            g: bool = computed(lambda row: row.a > 1)

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")
        """,
    "computed_cycle": """
        @api.resource
        class Thing(Resource):
            a: int = computed(lambda row: row.b + 1)  #! computed_cycle
            b: int = computed(lambda row: row.a + 1)
            c: int = computed(lambda row: row.a + 1)

        @api.policy(Thing)
        def policy(row, actor):
            yield allow("read")
        """,
}

WITH_ITEM: Final = {
    "beyond_row": """
        api.check(Item, lambda item: item.owner.name == "x", "is not x")  #! beyond_row
        api.index(Item, "name", where=lambda item: count(item.parts) > 1)  #! beyond_row
        api.check(Item, lambda item: item.made < item.made, "is early")

        @api.policy(Item)
        def policy(item, actor):
            yield allow("read")
        """,
    "field_unknown": """
        api.unique(Item, "nam")  #! field_unknown
        api.index(Item, "-mad")  #! field_unknown

        @api.policy(Item)
        def policy(item, actor):
            yield allow("read", when=item.nam == "x")  #! field_unknown
            yield allow("update", when=item.owner.nam == "x")  #! field_unknown
            yield hide("nam")
        """,
    "field_unfit": """
        api.unique(Item, "parts")  #! field_unfit
        api.index(Item, "tags")  #! field_unfit

        @api.policy(Item)
        def policy(item, actor):
            yield allow("read")
            yield freeze("parts")  #! field_unfit
        """,
    "truth_refused": """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read", when=item.done and item.owner == actor.user)  #! truth_refused
        """,
    "identity_refused": """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read", when=item.note is None)  #! identity_refused
            if item.note is not None:  #! identity_refused
                yield allow("update")
            if isinstance(item.name, str):  #! identity_refused
                yield allow("delete")
            yield helped(item)

        def helped(item):
            return allow("read", when=item.note is None)  #! identity_refused
        """,
    "operation_refused": """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read", when=item.name.lower() == "x")  #! operation_refused
        """,
    "kinds_differ": """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read", when=item.name == 1)  #! kinds_differ
            yield allow("read", when=item.id == "x")  #! kinds_differ
            yield allow("read", when=item.owner == "x")  #! kinds_differ
            yield allow("read", when=item == actor.user)  #! kinds_differ
            yield allow("read", when=item.price > 0.5)  #! kinds_differ
            yield allow("read", when=item.made > now())  #! kinds_differ
            yield allow("read", when=item.done == 1)  #! kinds_differ
            yield allow("read", when=item.tags == "x")  #! kinds_differ
            yield allow("read", when=like(item.price, "*"))  #! kinds_differ
            yield allow("read", when=contains(item.tags, 1))  #! kinds_differ
            yield allow("read", when=one_of(item.name, "x", 1))  #! kinds_differ
            yield allow("read", when=item.created_at > datetime(2020, 1, 1))  #! kinds_differ
        """,
    "choice_unknown": """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read", when=item.state == "olde")  #! choice_unknown
            yield allow("read", when=one_of(item.state, "new", "olde"))  #! choice_unknown
        """,
    "condition_expected": """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read", when=item.owner)  #! condition_expected
            yield allow("read", when="x")  #! condition_expected
            yield allow("read", when=all_of(item.name, item.done))  #! condition_expected
        """,
    "function_failed": """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read")
            raise LookupError("gone")  #! function_failed
        """,
    "policy_missing": """
        @api.resource
        class Bare(Resource):  #! policy_missing
            name: str

        @api.policy(Item)
        def policy(item, actor):
            yield allow("read")
        """,
    "policy_twice": """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read")

        @api.policy(Item)  #! policy_twice
        def again(item, actor):
            yield allow("read")
        """,
    "policy_malformed": """
        @api.policy(Item)  #! policy_malformed
        def policy(item):
            yield allow("read")

        @api.policy(Part)  #! policy_malformed
        def nothing(part, actor):
            return None
        """,
    "rule_dropped": """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read")
            hide("price", unless=actor.has_role("clerk"))  #! rule_dropped
        """,
    "action_unknown": """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("reed")  #! action_unknown
            yield allow(when=actor.authenticated)  #! action_unknown
        """,
    "new_unfit": """
        @api.policy(Item)
        def policy(item, actor, new):
            yield allow("read", when=new.owner == actor.user)  #! new_unfit
            yield allow("*", when=exists(new.parts))  #! new_unfit
            yield allow("create", "update", when=new.owner == actor.user)
            yield hide("price", unless=new.done)  #! new_unfit
            yield freeze("note", unless=new.done)  #! new_unfit
        """,
    "new_unanswerable": """
        @api.policy(Item)
        def policy(item, actor, new):
            large = exists(item.parts, lambda part: part.size > 9)
            yield allow("read", when=item.owner == actor.user)
            yield allow("create", when=any_of(large, new.done))
            yield allow("update", when=all_of(large, new.owner == item.owner))
            yield allow("update", when=any_of(large, new.done))  #! new_unanswerable
            yield allow("update", "age", when=new.price > summed(  #! new_unanswerable
                item.parts, lambda part: part.size))
            yield allow("update", when=exists(  #! new_unanswerable
                new.parts, lambda part: part.size > count(item.parts)))
            yield allow("age", when=any_of(exists(new.parts), item.owner == new.owner, item.done))

        @api.command(Item)
        async def age(item: Item, unit: Unit) -> None:
            pass
        """,
}

_OPEN = """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("*")
"""
COMMANDS: Final = {
    "command_malformed": _OPEN
    + """
        @api.command(Item)
        def plain(item: Item, unit: Unit) -> None:  #! command_malformed
            pass

        @api.command(Item)
        async def swapped(unit: Unit, item: Item) -> None:  #! command_malformed
            pass

        @api.command(Item)
        async def positional(item: Item, unit: Unit, note: str) -> None:  #! command_malformed
            pass
        """,
    "command_without_policy": """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("read", "known")

        @api.command(Item)
        async def known(item: Item, unit: Unit) -> None:
            pass

        @api.command(Item)
        async def unknown(item: Item, unit: Unit) -> None:  #! command_without_policy
            pass

        @api.command()
        async def loose(unit: Unit) -> None:  #! command_without_policy
            pass

        @api.command(Part)
        async def cut(part: Part, unit: Unit) -> None:  #! command_without_policy
            pass
        """,
    "command_without_row": """
        @api.policy(Item)
        def policy(item, actor, new):
            mine = item.owner == actor.user
            boss = actor.has_role("boss")
            yield allow("*", when=mine)  #! command_without_row
            yield allow("sort", "mix", when=not_(any_of(boss, mine)))  #! command_without_row
            yield allow("mix", when=any_of(boss, new.owner == actor.user))
            yield allow("tidy", when=actor.id == "tidier")

        @api.command(Item)
        async def sort(unit: Unit) -> None:
            pass

        @api.command(Item)
        async def mix(unit: Unit) -> None:
            pass

        @api.command(Item)
        async def tidy(unit: Unit) -> None:
            pass
        """,
    "result_unfit": _OPEN
    + """
        @api.command(Item)
        async def one(item: Item, unit: Unit) -> complex:  #! result_unfit
            pass

        @api.command(Item)
        async def two(item: Item, unit: Unit) -> Item | None:  #! result_unfit
            pass
        """,
    "move_malformed": _OPEN
    + """
        @api.command(Item, moves="new to old")  #! move_malformed
        async def one(item: Item, unit: Unit) -> None:
            pass

        @api.command(Item, moves="new -> old")  #! move_malformed
        async def two(unit: Unit) -> None:
            pass
        """,
    "move_unknown": _OPEN
    + """
        @api.command(Item, moves="new -> odl")  #! move_unknown
        async def one(item: Item, unit: Unit) -> None:
            pass
        """,
    "move_ambiguous": """
        @api.resource
        class Thing(Resource):
            one: Literal["a", "b"] = field(default="a", set_by="commands")
            two: Literal["a", "b"] = field(default="a", set_by="commands")

        @api.policy(Thing, Item)
        def policy(thing, actor):
            yield allow("*")

        @api.command(Thing, moves="a -> b")  #! move_ambiguous
        async def go(thing: Thing, unit: Unit) -> None:
            pass

        @api.command(Thing, moves="two: a | b -> b")
        async def went(thing: Thing, unit: Unit) -> None:
            pass
        """,
    "move_open": """
        @api.resource
        class Thing(Resource):
            one: Literal["a", "b"] = "a"  #! move_open

        @api.policy(Thing, Item)
        def policy(thing, actor):
            yield allow("*")

        @api.command(Thing, moves="a -> b")
        async def go(thing: Thing, unit: Unit) -> None:
            pass
        """,
    "error_unregistered": _OPEN
    + """
        class Gone(Error):
            pass

        @api.command(Item, raises=[Gone])  #! error_unregistered
        async def go(item: Item, unit: Unit) -> None:
            pass
        """,
    "error_undeclared": _OPEN
    + """
        @api.error(status=409)
        class Gone(Error):
            item: Item

        @api.command(Item)
        async def go(item: Item, unit: Unit) -> None:
            raise Gone(item=item)  #! error_undeclared
        """,
    "error_status": _OPEN
    + """
        @api.error(status=500)  #! error_status
        class Gone(Error):
            pass
        """,
    "event_unregistered": _OPEN
    + """
        class Went(Event):
            item: Item

        @api.command(Item)
        async def go(item: Item, unit: Unit) -> None:
            unit.emit(Went(item=item))  #! event_unregistered
        """,
    "payload_unfit": _OPEN
    + """
        @api.event
        class Went(Event):
            shape: complex  #! payload_unfit

        @api.command(Item)
        async def go(
            item: Item,
            unit: Unit,
            *,
            shape: complex,  #! payload_unfit
        ) -> None:
            pass
        """,
}
