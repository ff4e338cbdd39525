"""The next spring tides: new and full moons, reckoned from a known new moon."""

import os
import sys
from datetime import datetime, timedelta, timezone

NEW_MOON = datetime(2000, 1, 6, 18, 14, tzinfo=timezone.utc)
MONTH = timedelta(days=29.530588853)


def spring_tides(start, count):
    """The `count` new and full moons after `start`."""
    half = MONTH / 2
    first = (start - NEW_MOON) // half + 1
    return [NEW_MOON + half * (first + index) for index in range(count)]


def main(arguments):
    start = datetime.fromisoformat(arguments[0]) if arguments else datetime(2025, 1, 1)
    print(f"spring tides after {start:%Y-%m-%d}, reckoned by uid {os.getuid()}")
    for moment in spring_tides(start.replace(tzinfo=timezone.utc), 3):
        print(f"{moment:%Y-%m-%d %H:%M}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
