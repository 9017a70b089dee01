"""What a domain's expert expects of an evaluation beside metrics: one leaf a figure, `ask.SHOWN` lists them."""
