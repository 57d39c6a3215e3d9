"""The Hugging Face Hub as a store."""
