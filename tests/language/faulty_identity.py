"""Faulty contracts about accounts, roles and tenants. `#! code` marks the line of each fault."""

from typing import Final

IDENTITY: Final = {
    "accounts_unfit": """
        @api.resource
        class Team(Resource):
            people: list["Member"] = owned()

        @api.accounts
        class Member(User):  #! accounts_unfit
            team: Team  #! accounts_unfit
            phone: str  #! accounts_unfit
            city: str = ""

        @api.accounts
        class Guest(User):  #! accounts_unfit
            age: int | None

        @api.accounts
        class Thing(Resource):  #! accounts_unfit
            size: int

        @api.resource
        class Other(User):  #! accounts_unfit
            size: int | None

        @api.policy(Team, Member, Guest, Thing, Other)
        def policy(row, actor):
            yield allow("read")
        """,
    "role_malformed": """
        api.role("")  #! role_malformed
        api.role("clerk", includes=" buyer")  #! role_malformed
        api.role("boss", includes=["clerk", 3])  #! role_malformed
        """,
    "role_cycle": """
        api.role("clerk", includes="buyer")
        api.role("buyer", includes=["boss"])
        api.role("boss", includes="clerk")  #! role_cycle
        api.role("self", includes="self")  #! role_cycle
        """,
    "role_unknown": """
        api.role("buyer", includes="clerk")

        @api.resource
        class Project(Resource):
            name: str
            members: list["Membership"] = inverse()

        @api.resource
        class Membership(Resource):
            project: Project
            user: User
            role: Literal["viewer", "editor"]

        @api.resource
        class Task(Resource):
            project: Project

        api.grants(Membership, on="project")

        @api.policy(Project, Membership)
        def policy(row, actor):
            yield allow("read", when=actor.has_role("clerk"))
            yield allow("read", when=actor.has_role("clrk"))  #! role_unknown
            yield allow("read", when=actor.has_role("editor"))  #! role_unknown

        @api.policy(Task)
        def task_policy(task, actor):
            yield allow("read", when=actor.has_role("editor", on=task.project))
            yield allow("read", when=actor.has_role("editr", on=task.project))  #! role_unknown
            yield allow("read", when=actor.has_role("clerk", on=task.project))  #! role_unknown
            yield allow("read", when=actor.has_role("editor", on=task))  #! role_unknown
        """,
    "grants_unfit": """
        @api.resource
        class Project(Resource):
            name: str
            grade: Literal["a", "b"]

        @api.resource
        class Membership(Resource):
            project: Project
            user: User
            invited_by: User
            role: Literal["viewer", "editor"]
            state: Literal["open", "shut"]

        api.grants(Project)  #! grants_unfit
        api.grants(Membership)  #! grants_unfit, grants_unfit
        api.grants(Membership, to="user", role="rol")  #! grants_unfit
        api.grants(Membership, to="project", role="role")  #! grants_unfit
        api.grants(Membership, to="user", role="role", on="projct")  #! grants_unfit
        api.grants(Membership, to="user", role="role", on="user")  #! grants_unfit
        api.grants(Membership, to="user", role="role", on="project")  #! grants_unfit

        @api.policy(Project, Membership)
        def policy(row, actor):
            yield allow("read")
        """,
    "tenant_unfit": """
        @api.tenant
        class Firm(Resource):
            name: str

        @api.tenant
        class Other(Resource):  #! tenant_unfit
            firm: Firm | None  #! tenant_unfit

        @api.resource
        class Order(Resource):
            number: str
            lines: list["Line"] = owned()

        @api.resource
        class Line(Resource):  #! tenant_unfit
            order: Order  #! tenant_unfit

        @api.resource
        class Country(Resource):
            best: Order | None  #! tenant_unfit

        @api.accounts
        class Member(User):
            firm: Firm | None
            order: Order | None  #! tenant_unfit

        api.shared(Country, Line)
        api.shared(Member)  #! tenant_unfit
        api.shared(Firm)  #! tenant_unfit

        @api.policy(Firm, Other, Order, Country)
        def policy(row, actor):
            yield allow("read")
        """,
}
