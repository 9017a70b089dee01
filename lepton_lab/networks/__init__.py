"""Network architectures: one a file, each a `flax.nnx.Module` with the paper it comes from."""
