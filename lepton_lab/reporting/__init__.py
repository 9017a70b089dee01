"""What is told of a model to those who have no notebook: the model card, and the rows of a page that answers alone."""
