"""QR codes as pictures for a page."""

import io

import segno

MOST_CHARACTERS = 1024


def qr_svg(text: str) -> str:
    """A text, such as an `otpauth://` URI, as the QR code of it: an SVG element of black on
    white with no script, style or outside address in it. ValueError beyond 1,024 characters."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"a QR code is made of at most {MOST_CHARACTERS} characters here")
    picture = io.BytesIO()
    segno.make_qr(text, error="m").save(
        picture, kind="svg", scale=4, border=4, light="#fff", xmldecl=False, nl=False
    )
    return picture.getvalue().decode("utf-8")
