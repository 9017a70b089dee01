"""Times to an event that some rows have not reached: what they hold, and how good predictions of them are."""
