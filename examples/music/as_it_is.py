"""The Chinook file as it is: its own tables, columns and forms of values, and no copy of them."""

from datetime import datetime
from decimal import Decimal

from charter import (
    Actor,
    Contract,
    Email,
    Policy,
    Resource,
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


@music.resource(table="Artist", key="ArtistId")
class Artist(Resource[int]):
    name: str | None = field(column="Name", max_length=120, search=True)
    albums: list["Album"] = inverse()
    album_count: int = computed(lambda artist: count(artist.albums))


@music.resource(table="Album", key="AlbumId")
class Album(Resource[int]):
    title: str = field(column="Title", max_length=160, search=True)
    artist: Artist = field(column="ArtistId")
    tracks: list["Track"] = inverse()
    milliseconds: int = computed(lambda album: total(album.tracks, lambda t: t.milliseconds))


@music.resource(table="Genre", key="GenreId")
class Genre(Resource[int]):
    name: str | None = field(column="Name", max_length=120)
    tracks: list["Track"] = inverse()


@music.resource(table="MediaType", key="MediaTypeId")
class MediaType(Resource[int]):
    name: str | None = field(column="Name", max_length=120)


@music.resource(table="Track", key="TrackId")
class Track(Resource[int]):
    name: str = field(column="Name", max_length=200, search=True)
    album: Album | None = field(column="AlbumId")
    media_type: MediaType = field(column="MediaTypeId")
    genre: Genre | None = field(column="GenreId")
    composer: str | None = field(column="Composer", max_length=220, search=True)
    milliseconds: int = field(column="Milliseconds", ge=0)
    bytes: int | None = field(column="Bytes", ge=0)
    unit_price: Decimal = field(column="UnitPrice", ge=0, digits=10, places=2, stored="number")
    playlists: list["Playlist"] = linked()


@music.resource(table="Playlist", key="PlaylistId")
class Playlist(Resource[int]):
    name: str | None = field(column="Name", max_length=120)
    tracks: list[Track] = linked(table="PlaylistTrack", near="PlaylistId", far="TrackId")
    track_count: int = computed(lambda playlist: count(playlist.tracks))


@music.resource(table="Employee", key="EmployeeId")
class Employee(Resource[int]):
    last_name: str = field(column="LastName", max_length=20)
    first_name: str = field(column="FirstName", max_length=20)
    title: str | None = field(column="Title", max_length=30)
    reports_to: "Employee | None" = field(column="ReportsTo")
    birth_date: datetime | None = field(column="BirthDate", stored="naive")
    hire_date: datetime | None = field(column="HireDate", stored="naive")
    address: str | None = field(column="Address", max_length=70)
    city: str | None = field(column="City", max_length=40)
    state: str | None = field(column="State", max_length=40)
    country: str | None = field(column="Country", max_length=40)
    postal_code: str | None = field(column="PostalCode", max_length=10)
    phone: str | None = field(column="Phone", max_length=24)
    fax: str | None = field(column="Fax", max_length=24)
    email: Email | None = field(column="Email", max_length=60)
    reports: list["Employee"] = inverse()
    customers: list["Customer"] = inverse()


@music.resource(table="Customer", key="CustomerId")
class Customer(Resource[int]):
    first_name: str = field(column="FirstName", max_length=40)
    last_name: str = field(column="LastName", max_length=20)
    company: str | None = field(column="Company", max_length=80)
    address: str | None = field(column="Address", max_length=70)
    city: str | None = field(column="City", max_length=40)
    state: str | None = field(column="State", max_length=40)
    country: str | None = field(column="Country", max_length=40)
    postal_code: str | None = field(column="PostalCode", max_length=10)
    phone: str | None = field(column="Phone", max_length=24)
    fax: str | None = field(column="Fax", max_length=24)
    email: Email = field(column="Email", max_length=60)
    support_rep: Employee | None = field(column="SupportRepId")
    invoices: list["Invoice"] = inverse()


@music.resource(table="Invoice", key="InvoiceId")
class Invoice(Resource[int]):
    customer: Customer = field(column="CustomerId")
    invoice_date: datetime = field(column="InvoiceDate", stored="naive")
    billing_address: str | None = field(column="BillingAddress", max_length=70)
    billing_city: str | None = field(column="BillingCity", max_length=40)
    billing_state: str | None = field(column="BillingState", max_length=40)
    billing_country: str | None = field(column="BillingCountry", max_length=40)
    billing_postal_code: str | None = field(column="BillingPostalCode", max_length=10)
    total: Decimal = field(column="Total", ge=0, digits=10, places=2, stored="number")
    lines: list["InvoiceLine"] = owned()


@music.resource(table="InvoiceLine", key="InvoiceLineId")
class InvoiceLine(Resource[int]):
    invoice: Invoice = field(column="InvoiceId")
    track: Track = field(column="TrackId")
    unit_price: Decimal = field(column="UnitPrice", ge=0, digits=10, places=2, stored="number")
    quantity: int = field(column="Quantity", ge=1)
    amount: Decimal = computed(lambda line: line.quantity * line.unit_price)


@music.policy(Artist, Album, Genre, MediaType, Track, Playlist)
def catalogue_policy(row: Resource[int], actor: Actor) -> Policy:
    yield allow("read")
    yield allow("*", when=actor.has_role("staff"))


@music.policy(Employee, Customer, Invoice)
def shop_policy(row: Resource[int], actor: Actor) -> Policy:
    yield allow("*", when=actor.has_role("staff"))
