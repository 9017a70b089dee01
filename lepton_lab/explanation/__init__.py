"""Shapley values with their errors: games, estimators, and the frozen result."""
