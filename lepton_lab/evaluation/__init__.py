"""Reports on a trained model: how good it is on some rows, and what it says of a changed row."""
