"""Lets the tests that need the change feed for themselves run alone, also under pytest-xdist."""

import fcntl
from contextlib import contextmanager


@contextmanager
def held(folder, exclusive):
    """Shared for ordinary tests; exclusive for feed tests. The turnstile keeps waiting feed tests from
    starving."""
    with open(folder / "turnstile", "a") as turnstile, open(folder / "feed", "a") as feed:
        fcntl.flock(turnstile, fcntl.LOCK_EX)
        fcntl.flock(feed, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        fcntl.flock(turnstile, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(feed, fcntl.LOCK_UN)
