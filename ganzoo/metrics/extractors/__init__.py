"""What looks at samples for the metrics."""
