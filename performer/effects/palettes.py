"""The palettes that `palette.pick` chooses from: six colours each, from black to white."""

PALETTES: dict[str, tuple[str, ...]] = {
    "ember": ("06020a", "3b0a2a", "9c1c2c", "ec6a26", "ffc15e", "fff3d6"),
    "copper": ("080405", "3a1a1c", "8a4330", "cf8450", "efc691", "fff6e6"),
    "moss": ("03070a", "0d3230", "1f6b45", "7fa844", "e0d46a", "fffbe0"),
    "tide": ("020612", "062a4f", "0a6b8f", "2fb5b0", "a8e6c3", "fbffe9"),
    "ice": ("02040a", "16264f", "3f5fa8", "7fa6e0", "c4e0f5", "ffffff"),
    "orchid": ("07020f", "2d0b59", "8a1f9e", "e2518f", "ffa98a", "fff0de"),
    "neon": ("05010f", "1b0f6b", "6a1be0", "f02fb4", "ff8a6b", "fff7b0"),
    "silver": ("040405", "2a2b2f", "5e6066", "9a9da3", "d2d4d6", "ffffff"),
}
