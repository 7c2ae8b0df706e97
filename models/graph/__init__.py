"""StyleGAN2, and graphs of others, in an embedded graph engine (OpenVINO), the fastest on a CPU."""
