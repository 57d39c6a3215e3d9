"""`ganzoo data`: what a set is, before it is learned."""
