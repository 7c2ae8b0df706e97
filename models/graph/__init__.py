"""StyleGAN2 in an embedded graph engine (OpenVINO), the fastest way to play it on a CPU."""
