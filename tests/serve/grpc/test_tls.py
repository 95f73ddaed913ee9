"""TLS, and clients that prove who they are by a certificate (mutual TLS)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from charter.wire.grpc.settings import GrpcSettings
from tests.serve.grpc.apps import opened


@dataclass(frozen=True)
class Signed:
    """A certificate with its key, as PEM."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def key_pem(self) -> bytes:
        form = serialization.PrivateFormat.PKCS8
        return self.key.private_bytes(
            serialization.Encoding.PEM, form, serialization.NoEncryption()
        )

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def signed(name: str, by: Signed | None = None) -> Signed:
    """A certificate for the loopback address: by itself, or by an authority."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = subject if by is None else by.certificate.subject
    made = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(by is None, None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key if by is None else by.key, hashes.SHA256())
    )
    return Signed(key, made)


@dataclass(frozen=True)
class Pki:
    authority: Signed
    server: Signed
    client: Signed
    stranger: Signed


@pytest.fixture(scope="module")
def pki() -> Pki:
    authority, other = signed("authority"), signed("another authority")
    return Pki(
        authority, signed("server", authority), signed("client", authority),
        signed("stranger", other),
    )  # fmt: skip


def settings(folder: Path, pki: Pki, *, mutual: bool) -> GrpcSettings:
    files = {"cert.pem": pki.server.pem, "key.pem": pki.server.key_pem, "ca.pem": pki.authority.pem}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return GrpcSettings(
        certificate=folder / "cert.pem",
        key=folder / "key.pem",
        client_ca=folder / "ca.pem" if mutual else None,
    )


async def test_calls_are_encrypted(tmp_path: Path, pki: Pki) -> None:
    trusting = grpc.ssl_channel_credentials(pki.authority.pem)
    found = settings(tmp_path, pki, mutual=False)
    async with opened(tmp_path, found, credentials=trusting) as service:
        assert not (await service.ask("ListNotes")).items
    async with opened(tmp_path, found) as service:
        assert (await service.refused("ListNotes")).code is grpc.StatusCode.UNAVAILABLE


async def test_clients_prove_themselves(tmp_path: Path, pki: Pki) -> None:
    found = settings(tmp_path, pki, mutual=True)
    for shown, served in ((pki.client, True), (pki.stranger, False), (None, False)):
        pair = () if shown is None else (shown.key_pem, shown.pem)
        credentials = grpc.ssl_channel_credentials(pki.authority.pem, *pair)
        async with opened(tmp_path, found, credentials=credentials) as service:
            if served:
                assert not (await service.ask("ListNotes")).items
                nobody = await service.refused("ListNotes", metadata=[])
                assert nobody.reason == "UNAUTHENTICATED", "a certificate is no account here"
            else:
                status = await service.refused("ListNotes", timeout=5)
                assert status.code in {
                    grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED,
                }  # fmt: skip


@pytest.mark.parametrize(
    "given", [{"certificate": Path("x")}, {"key": Path("x")}, {"client_ca": Path("x")}]
)
def test_settings_that_make_no_sense_are_refused(given: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match="certificate"):
        GrpcSettings(**given)  # type: ignore[arg-type]


async def test_a_certificate_that_is_not_there_is_told(tmp_path: Path) -> None:
    missing = GrpcSettings(certificate=tmp_path / "none.pem", key=tmp_path / "none.pem")
    with pytest.raises(ValueError, match=r"none\.pem: No such file"):
        async with opened(tmp_path, missing):
            raise AssertionError("it is served")
