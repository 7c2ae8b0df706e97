"""What happens to the image after the generator, on the device: one file an effect."""
