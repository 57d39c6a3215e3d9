"""The training engine: knows no variant by name, and calls the objective and the generator, never the discriminator."""
