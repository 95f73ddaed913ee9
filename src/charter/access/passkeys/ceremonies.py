"""The ceremonies of passkeys, through py_webauthn. Needs the extra `charter[passkeys]`."""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from charter.access.passkeys.answers import Answer, BadAnswer, decoded, read_answer
from charter.access.passkeys.model import (
    CHALLENGE_SECONDS,
    Ceremony,
    KnownPasskey,
    NewPasskey,
    RelyingParty,
    StoredPasskey,
    UsedPasskey,
    user_handle,
)
from charter.core.codes import INVALID_PASSKEY, PASSKEY_REFUSED
from charter.core.problems import Code, Problem

_ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
# No attestation is asked for; a browser may still pass on one that a key made of itself.
_FORMATS = frozenset({AttestationFormat.NONE, AttestationFormat.PACKED})
_TRANSPORTS = frozenset(transport.value for transport in AuthenticatorTransport)
_MILLISECONDS = CHALLENGE_SECONDS * 1000


class WebAuthnPasskeys:
    """Passkeys for one relying party (see `model.Passkeys`)."""

    def __init__(self, party: RelyingParty) -> None:
        self._party = party

    def registration(self, account: str, name: str, known: Sequence[KnownPasskey] = ()) -> Ceremony:
        options = generate_registration_options(
            rp_id=self._party.id,
            rp_name=self._party.name,
            user_id=user_handle(account),
            user_name=name,
            timeout=_MILLISECONDS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=[_described(passkey) for passkey in known],
            supported_pub_key_algs=_ALGORITHMS,
        )
        return Ceremony(options.challenge, options_to_json_dict(options))

    def register(self, credential: Mapping[str, Any], challenge: bytes) -> NewPasskey:
        answer = _read(credential, ("clientDataJSON", "attestationObject"), INVALID_PASSKEY)
        _check(answer, challenge, INVALID_PASSKEY)
        try:
            verified = verify_registration_response(
                credential=answer.document,
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=list(self._party.origins),
                supported_pub_key_algs=_ALGORITHMS,
            )
        except Exception:
            # Besides its own errors the library lets those of CBOR, keys and indexes through.
            raise Problem(INVALID_PASSKEY) from None
        if verified.fmt not in _FORMATS:
            raise Problem(INVALID_PASSKEY, "The attestation of the passkey is not of use here.")
        if verified.credential_id != answer.credential_id:
            raise Problem(INVALID_PASSKEY)
        transports = answer.document["response"]["transports"]
        return NewPasskey(
            verified.credential_id,
            verified.credential_public_key,
            verified.sign_count,
            tuple(dict.fromkeys(item for item in transports if item in _TRANSPORTS)),
            verified.aaguid,
            verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            verified.user_verified,
        )

    def sign_in(self, known: Sequence[KnownPasskey] = ()) -> Ceremony:
        options = generate_authentication_options(
            rp_id=self._party.id,
            timeout=_MILLISECONDS,
            allow_credentials=[_described(passkey) for passkey in known],
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return Ceremony(options.challenge, options_to_json_dict(options))

    def signed_in(
        self, credential: Mapping[str, Any], challenge: bytes, stored: StoredPasskey
    ) -> UsedPasskey:
        members = ("clientDataJSON", "authenticatorData", "signature")
        answer = _read(credential, members, PASSKEY_REFUSED)
        _check(answer, challenge, PASSKEY_REFUSED)
        if not _is_of(answer, stored):
            raise Problem(PASSKEY_REFUSED)
        try:
            verified = verify_authentication_response(
                credential=answer.document,
                expected_challenge=challenge,
                expected_rp_id=self._party.id,
                expected_origin=list(self._party.origins),
                credential_public_key=stored.public_key,
                credential_current_sign_count=stored.sign_count,
            )
        except Exception:
            raise Problem(PASSKEY_REFUSED) from None
        return UsedPasskey(
            stored.account,
            stored.credential_id,
            verified.new_sign_count,
            verified.user_verified,
            verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        )


def _described(passkey: KnownPasskey) -> PublicKeyCredentialDescriptor:
    transports = [
        AuthenticatorTransport(item) for item in passkey.transports if item in _TRANSPORTS
    ]
    return PublicKeyCredentialDescriptor(id=passkey.credential_id, transports=transports or None)


def _read(credential: Mapping[str, Any], members: tuple[str, ...], code: Code) -> Answer:
    try:
        return read_answer(credential, members)
    except BadAnswer as error:
        raise Problem(code, f"The answer of the browser cannot be read: {error}.") from None


def _check(answer: Answer, challenge: bytes, code: Code) -> None:
    """What the library leaves to us: a page in a frame of another origin is not accepted."""
    if answer.cross_origin or not hmac.compare_digest(answer.challenge, challenge):
        raise Problem(code)


def _is_of(answer: Answer, stored: StoredPasskey) -> bool:
    handle = answer.document["response"].get("userHandle")
    try:
        named = handle is None or decoded(handle) == user_handle(stored.account)
    except BadAnswer:
        return False
    return named and answer.credential_id == stored.credential_id
