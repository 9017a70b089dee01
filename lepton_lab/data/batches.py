"""Row counts that compiled functions see: few different ones, so that new data compiles nothing."""

from __future__ import annotations

BIGGEST_POWER = 65_536


def pad_rows(n: int) -> int:
    """The padded number of rows: powers of two up to 65,536, then steps of an eighth.

    Args:
        n: rows, at least 0.

    Example:
        >>> [pad_rows(n) for n in (1, 100, 8_192, 70_000, 140_000)]
        [1, 128, 8192, 73728, 147456]
    """
    if n <= BIGGEST_POWER:
        return 1 << max(n - 1, 0).bit_length()
    power = 1 << (n.bit_length() - 1)
    step = power // 8
    return -(-n // step) * step
