"""StyleGAN3 in plain torch, T and R, written from the paper (arXiv 2106.12423)."""
