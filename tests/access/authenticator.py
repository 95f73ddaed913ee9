"""An authenticator in software: a key of its own, and the answers that a browser would pass on
(Web Authentication, sections 6.1 and 6.5)."""

import base64
import hashlib
import json
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def new_key(algorithm: str) -> Private:
    match algorithm:
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "Ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            return rsa.generate_private_key(65537, 2048)


def cose(key: Private) -> dict[int, Any]:
    """The public key in COSE (RFC 9053)."""
    public = key.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        numbers = public.public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return {1: 2, 3: -7, -1: 1, -2: x, -3: y}
    if isinstance(public, ed25519.Ed25519PublicKey):
        return {1: 1, 3: -8, -1: 6, -2: public.public_bytes(Encoding.Raw, PublicFormat.Raw)}
    modulus = public.public_numbers().n
    return {1: 3, 3: -257, -1: modulus.to_bytes(256, "big"), -2: b"\x01\x00\x01"}


def signed(key: Private, data: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(SHA256()))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, padding.PKCS1v15(), SHA256())


def certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A certificate of a maker of devices, signed by itself, in DER."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A maker of devices")])
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 1, begin, begin + timedelta(days=36_500)
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


@dataclass
class Authenticator:
    """A device with one passkey; each of its fields may be set to something wrong."""

    algorithm: str = "ES256"
    rp_id: str = "shop.example"
    origin: str = "https://shop.example"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    counts: bool = True
    cross_origin: bool = False
    attestation: str = "none"
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    handle: bytes | None = None

    def __post_init__(self) -> None:
        self.key = new_key(self.algorithm)

    def make(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`."""
        self.handle = unb64(options["user"]["id"])
        client = self._client_data("webauthn.create", options["challenge"])
        identifier = struct.pack(">H", len(self.credential_id)) + self.credential_id
        attested = bytes(16) + identifier + cbor2.dumps(cose(self.key))
        data = self._data(self.flags | ATTESTED) + attested
        statement = self._statement(data, client)
        form = {"fmt": self.attestation, "attStmt": statement, "authData": data}
        attestation = cbor2.dumps(form)
        return self._answer(
            {
                "clientDataJSON": b64(client),
                "attestationObject": b64(attestation),
                "transports": ["internal", "hybrid", "telepathy"],
            }
        )

    def get(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`."""
        self.count += self.counts
        client = self._client_data("webauthn.get", options["challenge"])
        data = self._data(self.flags)
        signature = signed(self.key, data + hashlib.sha256(client).digest())
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(signature),
        }
        if self.handle is not None:
            response["userHandle"] = b64(self.handle)
        return self._answer(response)

    def _statement(self, data: bytes, client: bytes) -> dict[str, Any]:
        """What proves who made the device: nothing, its own key, or a certificate (U2F)."""
        hashed = hashlib.sha256(client).digest()
        if self.attestation == "packed":
            return {"alg": cose(self.key)[3], "sig": signed(self.key, data + hashed)}
        if self.attestation == "fido-u2f":
            maker = ec.generate_private_key(ec.SECP256R1())
            public = cose(self.key)
            point = b"\x04" + public[-2] + public[-3]
            said = b"\x00" + data[:32] + hashed + self.credential_id + point
            return {"x5c": [certificate(maker)], "sig": signed(maker, said)}
        return {}

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        values = {
            "type": kind,
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        }
        return json.dumps(values).encode()

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        identifier = b64(self.credential_id)
        return {
            "id": identifier,
            "rawId": identifier,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }
