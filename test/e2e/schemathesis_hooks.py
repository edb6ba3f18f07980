"""Loaded by schemathesis: makes a valid Idempotency-Key a new one at each call.

Generated keys repeat, and a key that was used with another body is refused before the body is looked at.
Keys that are missing or not valid stay as they are: how those are refused is tested too.
"""

import itertools
import re

import schemathesis

VALID = re.compile(r"[!-~]([ -~]{0,253}[!-~])?")
COUNT = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and VALID.fullmatch(key):
        case.headers["Idempotency-Key"] = f"{next(COUNT)}:{key}"[:255].rstrip()
