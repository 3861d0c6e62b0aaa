"""The settings' fields in, `docs/settings.md` out; `python -m service.settings_page` writes it, `--check` compares."""

import sys
from pathlib import Path

from service.settings import Settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = """# Settings

Read from the environment, else from a file `.env` in the folder where the command runs. Lists are comma-separated.
An unknown `CITEWELL_*` name is an error that names the nearest known one. This page is generated from
`service/settings.py` by `make docs`.

| variable | default | meaning |
|---|---|---|
"""


def settings_page() -> str:
    """The page as Markdown."""
    rows = []
    for field in Settings.model_fields.values():
        default = "unset" if field.default in (None, ()) else _shown(field.default)
        rows.append(f"| `{field.validation_alias}` | {default} | {field.description} |")
    return HEAD + "\n".join(rows) + "\n"


def _shown(default: object) -> str:
    if isinstance(default, Path) and default.is_absolute():
        return f"`{default.name}` in the checkout"
    return f"`{default}`"


def main() -> None:
    """Write the page, or with --check fail when it is out of date."""
    if "--check" not in sys.argv:
        PAGE.write_text(settings_page(), "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != settings_page():
        sys.exit("docs/settings.md is out of date; run `make docs`")


if __name__ == "__main__":
    main()
