"""What watches a training and never touches it."""
