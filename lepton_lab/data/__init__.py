"""From any dataframe to numbers a network can read, and back to the words the user knows.

The way of a frame: `frames` opens it whatever made it, `values` brings one column to plain numpy, `kinds`
decides what the column is, `target` what is learned, `table.read_table` puts a `Table` together with its
`Schema` (`rows`, `schema`), `split` deals its rows, `encode_tabular` turns it into `x`. At predict time
`table.read_like` reads a new frame as that schema says. `quality` says what an analyst should know first.

What this room is not: it trains nothing and draws nothing. Names and values stay the user's own; codes and
scaled numbers exist only in `x`.
"""
