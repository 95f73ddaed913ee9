"""A record shop's catalogue, customers and invoices: the Chinook data."""

from datetime import datetime
from decimal import Decimal

from charter import (
    Actor,
    Contract,
    Email,
    Policy,
    Resource,
    User,
    allow,
    computed,
    count,
    field,
    inverse,
    linked,
    owned,
    total,
)

music = Contract("music")


@music.resource
class Artist(Resource[int]):
    name: str | None = field(max_length=120, search=True)
    albums: list["Album"] = inverse()
    album_count: int = computed(lambda artist: count(artist.albums))


@music.resource
class Album(Resource[int]):
    title: str = field(max_length=160, search=True)
    artist: Artist
    tracks: list["Track"] = inverse()
    milliseconds: int = computed(lambda album: total(album.tracks, lambda t: t.milliseconds))


@music.resource
class Genre(Resource[int]):
    name: str | None = field(max_length=120)
    tracks: list["Track"] = inverse()


@music.resource
class MediaType(Resource[int]):
    name: str | None = field(max_length=120)


@music.resource
class Track(Resource[int]):
    name: str = field(max_length=200, search=True)
    album: Album | None
    media_type: MediaType
    genre: Genre | None
    composer: str | None = field(max_length=220, search=True)
    milliseconds: int = field(ge=0)
    bytes: int | None = field(ge=0)
    unit_price: Decimal = field(ge=0, digits=10, places=2)
    playlists: list["Playlist"] = linked()


@music.resource
class Playlist(Resource[int]):
    name: str | None = field(max_length=120)
    tracks: list[Track] = linked()
    track_count: int = computed(lambda playlist: count(playlist.tracks))


@music.resource
class Employee(Resource[int]):
    last_name: str = field(max_length=20)
    first_name: str = field(max_length=20)
    title: str | None = field(max_length=30)
    reports_to: "Employee | None"
    birth_date: datetime | None
    hire_date: datetime | None
    address: str | None = field(max_length=70)
    city: str | None = field(max_length=40)
    state: str | None = field(max_length=40)
    country: str | None = field(max_length=40)
    postal_code: str | None = field(max_length=10)
    phone: str | None = field(max_length=24)
    fax: str | None = field(max_length=24)
    email: Email | None = field(max_length=60)
    reports: list["Employee"] = inverse()
    customers: list["Customer"] = inverse()


@music.resource
class Customer(Resource[int]):
    user: User | None = field(unique=True, doc="Who signs in as this customer.")
    first_name: str = field(max_length=40)
    last_name: str = field(max_length=20)
    company: str | None = field(max_length=80)
    address: str | None = field(max_length=70)
    city: str | None = field(max_length=40)
    state: str | None = field(max_length=40)
    country: str | None = field(max_length=40)
    postal_code: str | None = field(max_length=10)
    phone: str | None = field(max_length=24)
    fax: str | None = field(max_length=24)
    email: Email = field(max_length=60)
    support_rep: Employee | None
    invoices: list["Invoice"] = inverse()


@music.resource
class Invoice(Resource[int]):
    customer: Customer
    invoice_date: datetime
    billing_address: str | None = field(max_length=70)
    billing_city: str | None = field(max_length=40)
    billing_state: str | None = field(max_length=40)
    billing_country: str | None = field(max_length=40)
    billing_postal_code: str | None = field(max_length=10)
    total: Decimal = field(ge=0, digits=10, places=2)
    lines: list["InvoiceLine"] = owned()


@music.resource
class InvoiceLine(Resource[int]):
    invoice: Invoice
    track: Track
    unit_price: Decimal = field(ge=0, digits=10, places=2)
    quantity: int = field(ge=1)
    amount: Decimal = computed(lambda line: line.quantity * line.unit_price)


music.index(Track, "album")
music.index(Track, "genre")
music.index(Invoice, "customer")
music.index(Invoice, "customer", "-invoice_date")


@music.policy(Artist, Album, Genre, MediaType, Track, Playlist)
def catalogue_policy(row: Resource[int], actor: Actor) -> Policy:
    yield allow("read")
    yield allow("*", when=actor.has_role("staff"))


@music.policy(Employee)
def employee_policy(employee: Employee, actor: Actor) -> Policy:
    yield allow("*", when=actor.has_role("staff"))


@music.policy(Customer)
def customer_policy(customer: Customer, actor: Actor) -> Policy:
    yield allow("*", when=actor.has_role("staff"))
    yield allow("read", when=customer.user == actor.user)


@music.policy(Invoice)
def invoice_policy(invoice: Invoice, actor: Actor) -> Policy:
    yield allow("*", when=actor.has_role("staff"))
    yield allow("read", when=invoice.customer.user == actor.user)
