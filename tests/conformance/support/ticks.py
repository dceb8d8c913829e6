"""Change feed timestamps: 100 ns resolution, which Python's datetime does not have."""

import re
from datetime import datetime, timedelta, timezone

END_OF_TIME = "9999-12-31T23:59:59.9999999+00:00"
PATTERN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?(Z|[+-]\d\d:\d\d)")


def parse(text):
    """Ticks since year 1 in UTC."""
    found = PATTERN.fullmatch(text)
    assert found, f"{text!r} is no ISO 8601 time with an offset"
    moment = datetime.fromisoformat(found.group(1) + found.group(3).replace("Z", "+00:00"))
    seconds = (moment - datetime(1, 1, 1, tzinfo=timezone.utc)) // timedelta(seconds=1)
    return seconds * 10_000_000 + int((found.group(2) or "0").ljust(7, "0"))


def render(ticks):
    """Round-trip form with seven decimals."""
    moment = datetime(1, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=ticks // 10_000_000)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ticks % 10_000_000:07d}+00:00".zfill(33)


def later(text, milliseconds):
    return render(parse(text) + milliseconds * 10_000)


def now_minus(seconds):
    return (datetime.now(timezone.utc) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00")
