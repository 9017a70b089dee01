"""A comm without a kernel, for tests of the panels' Python halves."""

from __future__ import annotations


class RecordingComm:
    """A comm without a kernel: it writes down what is sent, and lets a test speak for the page."""

    def __init__(self, data=None, buffers=None, **_options) -> None:
        self.comm_id = "recorded"
        self.opened = data
        self.sent: list[tuple[dict, list]] = []

    def send(self, data=None, metadata=None, buffers=None) -> None:
        self.sent.append((data, buffers or []))

    def on_msg(self, handle) -> None:
        self.handle = handle

    def on_close(self, _handle) -> None:
        pass

    def close(self, *_args, **_options) -> None:
        pass

    def say(self, content: object) -> None:
        """What the page says."""
        self.handle({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})

    @property
    def custom(self) -> list[tuple[dict, list]]:
        return [(data["content"], buffers) for data, buffers in self.sent if data["method"] == "custom"]

    @property
    def updates(self) -> list[dict]:
        return [data["state"] for data, _ in self.sent if data["method"] == "update"]
