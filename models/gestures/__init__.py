"""Gestures: how an artist moves parameters, learnt by a small recurrent GAN from recorded takes."""
