"""Where packages lie."""
