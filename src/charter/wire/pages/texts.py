"""The HTML of the pages. Nothing in it comes from a request."""

from collections.abc import Sequence
from html import escape

from charter.contract.contract import Contract
from charter.core.problems import Code
from charter.wire.rest.problems import status_of


def _html(title: str, style: str, kind: str, body: str) -> bytes:
    """A whole page; `style` is the reference to its style sheet."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
        f'<link rel="icon" href="data:,">\n<link rel="stylesheet" href="{style}">\n'
        f'</head>\n<body class="{kind}">\n{body}</body>\n</html>\n'
    ).encode()


def operations_page(contract: Contract) -> bytes:
    """`/docs`: the viewer. All references are relative, so that it works below any mount."""
    return _html(
        f"{contract.name}: API",
        "docs/assets/page.css",
        "operations",
        '<link rel="stylesheet" href="docs/assets/swagger-ui.css">\n'
        '<div id="operations"></div>\n'
        "<noscript>This page needs JavaScript; what it shows is in "
        '<a href="openapi.json">openapi.json</a>.</noscript>\n'
        '<script src="docs/assets/swagger-ui-bundle.js"></script>\n'
        '<script src="docs/assets/docs.js"></script>\n',
    )


def live_page(contract: Contract, prefix: str) -> bytes:
    """`/docs/live`: a path of the API, followed."""
    own = [item for item in contract.resources if item.owner is None]
    path = escape(f"{prefix}/{own[-1].path}" if own else prefix)
    return _html(
        f"{contract.name}: live",
        "assets/live.css",
        "live",
        f'<main data-socket="{escape(prefix)}/live">\n<h1>Follow changes</h1>\n<form>\n'
        '<label for="path">Path\n'
        f'<input id="path" name="path" value="{path}" required></label>\n'
        '<label for="token">Token (if need be)\n'
        '<input id="token" name="token" type="password" autocomplete="off"></label>\n'
        '<button>Follow</button>\n<output id="state"></output>\n</form>\n'
        '<section>\n<h2>Rows</h2>\n<table><thead><tr id="names"></tr></thead>'
        '<tbody id="rows"></tbody></table>\n</section>\n'
        '<section>\n<h2>Changes</h2>\n<ul id="log"></ul>\n</section>\n</main>\n'
        "<noscript>This page needs JavaScript.</noscript>\n"
        '<script src="assets/live.js"></script>\n'
        '<p><a href="../docs">The API</a></p>\n',
    )


def problem_page(code: Code) -> bytes:
    """`/docs/problems/{code}`: what a code means and what to do."""
    rows = [("Code", f"<code>{escape(code.name)}</code>"), ("Status", str(status_of(code)))]
    rows += [("Kind", escape(code.family.value))]
    if code.explanation:
        rows.append(("What it means", escape(code.explanation)))
    if code.remedy:
        rows.append(("What to do", escape(code.remedy)))
    items = "".join(f"<dt>{name}</dt><dd>{text}</dd>\n" for name, text in rows)
    return _html(
        f"{code.name}: {code.title}",
        "../assets/page.css",
        "text",
        f"<h1>{escape(code.title)}</h1>\n<dl>\n{items}</dl>\n"
        '<p><a href="../problems">All problem codes</a> · <a href="../../docs">The API</a></p>\n',
    )


def problems_page(codes: Sequence[Code]) -> bytes:
    """`/docs/problems`: all codes."""
    lines = "".join(
        f'<tr><td><a href="problems/{code.name}"><code>{code.name}</code></a></td>'
        f"<td>{status_of(code)}</td><td>{escape(code.title)}</td></tr>\n"
        for code in codes
    )
    return _html(
        "Problem codes",
        "assets/page.css",
        "text",
        "<h1>Problem codes</h1>\n<table>\n<tr><th>Code</th><th>Status</th><th>Meaning</th></tr>\n"
        f'{lines}</table>\n<p><a href="../docs">The API</a></p>\n',
    )
