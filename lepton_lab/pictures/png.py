"""An array of bytes as a PNG that stands in the page itself: no file, no package."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _COLOUR = 0, 2
# Of a row: what lies above is subtracted, which neighbours share.
_UP = 2


def png(image: np.ndarray) -> bytes:
    """A PNG of uint8 `(height, width, channel)`, one channel or three."""
    height, width, n_channels = image.shape
    rows = image.reshape(height, -1)
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    filtered = np.hstack([np.full((height, 1), _UP, np.uint8), rows - above])
    head = struct.pack(">IIBBBBB", width, height, 8, _GREY if n_channels == 1 else _COLOUR, 0, 0, 0)
    data = zlib.compress(np.ascontiguousarray(filtered).tobytes(), 9)
    return _SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def data_url(image: np.ndarray, *, most: int | None = None) -> str:
    """The same as a page refers to it; where it has more bytes than `most`, at half the size, and so on."""
    while most is not None and min(image.shape[:2]) > 32 and len(png(image)) > most:
        height, width = (n // 2 * 2 for n in image.shape[:2])
        four = image[:height, :width].reshape(height // 2, 2, width // 2, 2, -1)
        image = np.rint(four.mean((1, 3))).astype(np.uint8)
    return "data:image/png;base64," + base64.b64encode(png(image)).decode("ascii")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
