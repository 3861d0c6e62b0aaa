"""A language tag or a date as somebody wrote it in, the one spelling that articles and filters use out."""

import re
from datetime import UTC, date, datetime

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:)([0-9]{2})(?:\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
# BCP 47: language of two or three letters, its extension, script, region, variants, extensions, private use.
_LANGUAGE = re.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(-[0-9a-wy-z](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE,
)


def normalised_language(tag: str) -> str | None:
    """A BCP 47 tag in the usual case (zh-hant → zh-Hant, fr-ca → fr-CA); None if it is none."""
    tag = tag.strip().replace("_", "-")
    if len(tag) > 100 or not _LANGUAGE.fullmatch(tag):
        return None
    parts = tag.lower().split("-")
    for place, part in enumerate(parts[1:], start=1):
        if len(part) == 1:
            break
        if len(part) == 4 and part.isalpha():
            parts[place] = part.title()
        elif len(part) == 2:
            parts[place] = part.upper()
    return "-".join(parts)


def normalised_date(value: str) -> str | None:
    """An RFC 3339 date as YYYY-MM-DD, a date-time as UTC to the second (...Z); None if it is neither."""
    value = value.strip()
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value).isoformat()
        match = _DATE_TIME.fullmatch(value)
        if not match:
            return None
        day, clock, second, offset = match.groups()
        second = "59" if second == "60" else second  # a leap second, which Python's datetime does not know
        moment = datetime.fromisoformat(f"{day}T{clock}{second}{offset.upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0")
