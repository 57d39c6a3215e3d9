"""The checks, one file a subject, and the table that names them."""
