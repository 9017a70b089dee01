"""Amounts of memory as an analyst types them: "500MB", "2GB", a number of bytes."""

from __future__ import annotations

import math
import re

from lepton_lab.errors import OptionError

BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?B)?", re.IGNORECASE)


def parse_size(value: str | float | int) -> int:
    """Bytes in an amount such as "500MB" or "1.5 GB"; a bare number is bytes.

    Args:
        value: Text with the unit B, KB, MB, GB or TB (powers of a thousand), or a number of bytes.

    Returns:
        Bytes, above 0.

    Raises:
        OptionError: The amount cannot be read, is zero, negative or not finite.

    Example:
        >>> parse_size("1.5GB")
        1500000000
    """
    if isinstance(value, str):
        found = _SIZE.fullmatch(value.strip())
        number = float(found[1]) * BYTES[(found[2] or "B").upper()] if found else math.nan
    else:
        number = math.nan if isinstance(value, bool) or not hasattr(value, "__float__") else float(value)
    if not math.isfinite(number) or number < 1:
        raise OptionError(
            f"the amount of memory {value!r} cannot be read: wanted one such as '500MB' or '2GB', or bytes. "
            "For example: memory='2GB'"
        )
    return int(number)
