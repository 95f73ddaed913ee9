"""`charter keys`: make a file of signing keys, and rotate them."""

import argparse
import sys
from pathlib import Path

from charter.access.keyring import MAKERS, new_keyring, rotate
from charter.access.keys import Algorithm
from charter.cli.guard import guarded


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    new = what.add_parser("new", help="make a file with the key that signs and the next one")
    new.add_argument(
        "--alg",
        choices=[algorithm.value for algorithm in MAKERS],
        default=Algorithm.ES256.value,
        help="the algorithm (default: %(default)s)",
    )
    again = what.add_parser("rotate", help="let the next key sign, and make another next one")
    for each in (new, again):
        each.add_argument("file", metavar="FILE", type=Path, help="the JWK Set")


@guarded
def run(arguments: argparse.Namespace) -> int:
    path: Path = arguments.file
    if arguments.what == "new":
        signs, following = new_keyring(path, Algorithm(arguments.alg))
    else:
        signs, following = rotate(path)
    sys.stdout.write(f"{path}: {signs} signs, {following} is next\n")
    return 0
