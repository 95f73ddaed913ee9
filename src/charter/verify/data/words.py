"""Words that names, titles and sentences are put together from."""

import random
from collections.abc import Callable, Mapping

GIVEN = (
    "Ada", "Amina", "Anders", "Aoife", "Björn", "Carla", "Chen", "Daria", "Diego", "Elena",
    "Emeka", "Farid", "Fatima", "Giulia", "Hana", "Hugo", "Ines", "Ivan", "Jana", "Jorge",
    "Kaito", "Kofi", "Lena", "Liam", "Lucia", "Malik", "Marta", "Mei", "Nadia", "Nils",
    "Olga", "Omar", "Paula", "Pedro", "Priya", "Rafael", "Rosa", "Sofia", "Tariq", "Tomás",
    "Uma", "Viktor", "Wanda", "Xin", "Yara", "Yusuf", "Zoe", "Zofia",
)  # fmt: skip
FAMILY = (
    "Abebe", "Andersson", "Bauer", "Bianchi", "Chowdhury", "Costa", "Díaz", "Dubois", "Eriksen",
    "Fernández", "Fischer", "García", "Haddad", "Horváth", "Ito", "Jansen", "Kaya", "Kim",
    "Kowalski", "Kumar", "Larsen", "Lopez", "Mensah", "Moreau", "Murphy", "Nakamura", "Nguyen",
    "Novák", "O'Brien", "Okafor", "Osei", "Petrov", "Popescu", "Rossi", "Santos", "Schmidt",
    "Silva", "Singh", "Sørensen", "Tanaka", "Torres", "Vargas", "Wang", "Weber", "Yilmaz", "Zhang",
)  # fmt: skip
CITIES = (
    "Accra", "Bergen", "Bologna", "Cork", "Da Nang", "Fukuoka", "Gdańsk", "Ghent", "Izmir",
    "Kaunas", "Lagos", "Leeds", "Lyon", "Malmö", "Nairobi", "Porto", "Pune", "Quito", "Riga",
    "Tbilisi", "Utrecht", "Valencia", "Wellington", "Zadar",
)  # fmt: skip
COUNTRIES = (
    "Brazil", "Canada", "Chile", "Denmark", "Finland", "France", "Germany", "Ghana", "India",
    "Ireland", "Italy", "Japan", "Kenya", "Mexico", "Norway", "Poland", "Portugal", "Spain",
    "Sweden", "Türkiye", "Vietnam",
)  # fmt: skip
STREETS = ("Alder", "Bridge", "Canal", "Dyer", "Elm", "Foundry", "Garden", "Harbour", "Mill", "Oak")
QUALITIES = (
    "amber", "brisk", "calm", "deep", "early", "fine", "gentle", "hollow", "idle", "jade",
    "keen", "light", "mellow", "narrow", "open", "plain", "quiet", "round", "silver", "tall",
    "urban", "vivid", "warm", "young",
)  # fmt: skip
THINGS = (
    "anchor", "basket", "candle", "drum", "engine", "feather", "garden", "harbour", "island",
    "jacket", "kettle", "lantern", "mirror", "needle", "orchard", "paper", "quarry", "river",
    "saddle", "timber", "umbrella", "valley", "window", "yard",
)  # fmt: skip


def person(dice: random.Random) -> str:
    return f"{dice.choice(GIVEN)} {dice.choice(FAMILY)}"


def thing(dice: random.Random) -> str:
    return f"{dice.choice(QUALITIES).capitalize()} {dice.choice(THINGS)}"


def company(dice: random.Random) -> str:
    return f"{dice.choice(FAMILY)} {dice.choice(('& Co', 'Group', 'Works', 'Labs', 'Trading'))}"


def address(dice: random.Random) -> str:
    return f"{dice.randint(1, 240)} {dice.choice(STREETS)} Street"


def phone(dice: random.Random) -> str:
    return f"+{dice.randint(30, 59)} {dice.randint(100, 999)} {dice.randint(100_000, 999_999)}"


def postal_code(dice: random.Random) -> str:
    return f"{dice.randint(10_000, 99_999)}"


def sentence(dice: random.Random) -> str:
    words = [dice.choice(dice.choice((QUALITIES, THINGS))) for _ in range(dice.randint(4, 14))]
    return " ".join(words).capitalize() + "."


BY_NAME: Mapping[str, Callable[[random.Random], str]] = {
    "first_name": lambda dice: dice.choice(GIVEN),
    "given_name": lambda dice: dice.choice(GIVEN),
    "last_name": lambda dice: dice.choice(FAMILY),
    "family_name": lambda dice: dice.choice(FAMILY),
    "surname": lambda dice: dice.choice(FAMILY),
    "full_name": person,
    "composer": person,
    "author": person,
    "company": company,
    "organisation": company,
    "organization": company,
    "city": lambda dice: dice.choice(CITIES),
    "town": lambda dice: dice.choice(CITIES),
    "country": lambda dice: dice.choice(COUNTRIES),
    "state": lambda dice: dice.choice(STREETS) + "shire",
    "region": lambda dice: dice.choice(STREETS) + "shire",
    "address": address,
    "street": address,
    "phone": phone,
    "mobile": phone,
    "fax": phone,
    "postal_code": postal_code,
    "postcode": postal_code,
    "zip": postal_code,
    "description": sentence,
    "body": sentence,
    "text": sentence,
    "note": sentence,
    "notes": sentence,
    "comment": sentence,
    "message": sentence,
    "summary": sentence,
    "title": thing,
    "label": thing,
}
"""What a field is likely to hold, by (the end of) its name."""
