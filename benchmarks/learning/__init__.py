"""Accuracy against peers: the tables, the peers with their defaults, the scores."""
