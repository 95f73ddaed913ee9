"""Passkeys (Web Authentication, Level 2): what a browser is asked, and what it answers."""
