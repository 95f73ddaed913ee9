"""Secrets in AWS Secrets Manager."""

from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from charter.access.secrets.members import whole_or_member
from charter.access.secrets.reference import Reference, SecretError

_SAID = {
    "ResourceNotFoundException": "the secret is not there",
    "AccessDeniedException": "permission is denied",
}
_CONFIG = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})


def read(where: Reference, environment: Mapping[str, str]) -> str:
    """`aws-sm://name?region=eu-central-1#key`, with a name or an ARN. Credentials, and the region
    by default, come from where all of AWS's tools take them."""
    try:
        client: Any = get_session().create_client(
            "secretsmanager", region_name=where.options.get("region"), config=_CONFIG
        )
        found = client.get_secret_value(SecretId=where.path)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "an error")
        said = _SAID.get(code, f"AWS answered with {code}")
        raise SecretError(f"{where}: {said}") from None
    except (BotoCoreError, ValueError) as error:
        raise SecretError(f"{where}: AWS cannot be asked ({type(error).__name__})") from None
    text = found.get("SecretString")
    if not isinstance(text, str):
        raise SecretError(f"{where}: the secret is binary; a text is expected")
    return whole_or_member(where, text)
