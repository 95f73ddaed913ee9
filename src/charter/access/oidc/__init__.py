"""Signing in with an identity provider: OAuth 2.1 and OpenID Connect, as a relying party."""
