"""The only training loop, and what it is made of: steps, pace, best weights, interrupts, compilations."""
