"""Loaded by schemathesis: makes a valid Idempotency-Key a new one at each call, and spares it searches that find nothing.

Generated keys repeat, and a key that was used with another body is refused before the body is looked at.
Keys that are missing or not valid stay as they are: how those are refused is tested too.
"""

import itertools
import re
from functools import cache
from pathlib import Path

import schemathesis
from hypothesis.internal import scrutineer
from schemathesis.generation.hypothesis import examples
from schemathesis.specs.openapi.coverage import _schema as coverage

VALID = re.compile(r"[!-~]([ -~]{0,253}[!-~])?")
COUNT = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and VALID.fullmatch(key):
        case.headers["Idempotency-Key"] = f"{next(COUNT)}:{key}"[:255].rstrip()


# Hypothesis collects the constants of all sources that it takes for the tested program's: schemathesis is not it.
scrutineer.SITE_PACKAGES_DIRS.add(Path(schemathesis.__file__).resolve().parents[1])

# An address that fits the pattern but not the format is looked for until the search gives up. With these it is only
# looked for where the pattern is loose: where it admits one of the second.
NO_ADDRESSES = ("ada", "ada@", "@example.com", "a..b@example.com", ".a@example.com", "a@example.com x", "a@b@example.com")
coverage._FORMAT_PROBES["email"] = (("ada@example.com",), NO_ADDRESSES)
coverage._FORMAT_PROBES["idn-email"] = (("ada@example.com", "ada@bücher.example"), NO_ADDRESSES)


# The values to try in place of those of an enum are the same for each: the first few hundred do, not all that there are.
@cache
def first_invalid_enum_candidates():
    candidates = []

    def reject(value):
        candidates.append(value)
        if len(candidates) == 200:
            raise StopAsyncIteration
        return False

    try:
        examples.generate_one(coverage.INVALID_ENUM_STRATEGY.filter(reject))
    except Exception:
        pass
    return tuple(candidates[:200])


coverage._invalid_enum_candidates = first_invalid_enum_candidates
