"""Mount a contract in FastAPI, Starlette or any other ASGI app: see docs/how-to/mount.md."""

from charter.serve.asgi import application
from charter.serve.settings.model import ServeSettings, Settings

__all__ = ["ServeSettings", "Settings", "application"]
