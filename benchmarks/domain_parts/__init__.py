"""The data sets of `benchmarks/domains.py`, one file a kind of input."""
