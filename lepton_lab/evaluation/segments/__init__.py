"""Segments of rows: groups found by what moves a model's predictions, or by the columns, each with a short rule."""
