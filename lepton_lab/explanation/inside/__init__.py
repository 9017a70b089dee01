"""Inside one entry of a row: the parts of an image, a series or a text as players of a game of their own."""
