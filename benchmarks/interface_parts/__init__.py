"""The parts of `interface.py`."""
