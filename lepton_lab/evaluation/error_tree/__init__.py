"""Where a model fails: a small tree grown on one half of the rows, its errors measured on the other half."""
