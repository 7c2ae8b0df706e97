"""What a sound tells from moment to moment: level, bands, brightness and onsets."""

from collections import deque

import numpy as np
import numpy.typing as npt

from performer.events import SoundEvent

HOP = 512
WINDOW = 2048
BANDS_HZ = {"bass": (30.0, 160.0), "mid": (160.0, 2_000.0), "treble": (2_000.0, 12_000.0)}
BRIGHTNESS_HZ = (150.0, 6_000.0)
SILENCE_DB = -60.0
RANGE_DB = 30.0
FORGET_DB_PER_S = 1.5
FLUX_GAIN = 1_000.0
ONSET_MEAN_S, ONSET_OVER, ONSET_LEAST, ONSET_REST_S = 0.7, 1.8, 0.04, 0.1

Array = npt.NDArray[np.float64]
Block = npt.NDArray[np.float32]  # HOP samples (HOP,), -1..1


class Loudness:
    """Decibels as 0..1, where 1 is the loudest that was lately heard, so that no gain is set.

    The loudest is forgotten by 1.5 dB a second; what is below -60 dB of full scale is silence.
    """

    def __init__(self) -> None:
        self._loudest_db = SILENCE_DB + RANGE_DB

    def of(self, power: float, dt_s: float) -> float:
        """The loudness of a mean power, `dt_s` after the one before."""
        db = 10.0 * float(np.log10(power + 1e-12))
        self._loudest_db = max(db, self._loudest_db - FORGET_DB_PER_S * dt_s, SILENCE_DB + RANGE_DB)
        return min(max((db - self._loudest_db) / RANGE_DB + 1.0, 0.0), 1.0)


class Onsets:
    """Where sounds begin: peaks of the spectral flux (Dixon, DAFx 2006) over its recent mean."""

    def __init__(self, hop_s: float, bins: int) -> None:
        self._before = np.zeros(bins)
        self._fluxes: deque[float] = deque(maxlen=max(round(ONSET_MEAN_S / hop_s), 1))
        self._rest, self._left = max(round(ONSET_REST_S / hop_s), 1), 0

    def strength(self, magnitudes: Array) -> float:
        """How strongly a sound begins now, 0..1; 0 is none."""
        logs = np.log1p(FLUX_GAIN * magnitudes)
        flux = float(np.maximum(logs - self._before, 0.0).mean())
        self._before = logs
        usual = sum(self._fluxes) / len(self._fluxes) if self._fluxes else flux
        self._fluxes.append(flux)
        self._left = max(self._left - 1, 0)
        if self._left or flux < max(ONSET_OVER * usual, ONSET_LEAST):
            return 0.0
        self._left = self._rest
        return min(flux, 1.0)


class Hearing:
    """Listens to one channel of sound, hop by hop."""

    def __init__(self, rate_hz: float) -> None:
        self._hop_s = HOP / rate_hz
        self._samples = np.zeros(WINDOW)
        self._fade = np.hanning(WINDOW)
        frequencies = np.fft.rfftfreq(WINDOW, 1.0 / rate_hz)
        self._bins = {
            name: (frequencies >= low) & (frequencies < high)
            for name, (low, high) in BANDS_HZ.items()
        }
        low, high = np.log(BRIGHTNESS_HZ)
        self._heights = (np.log(np.maximum(frequencies, 1.0)) - low) / (high - low)
        self._audible = frequencies >= BANDS_HZ["bass"][0]
        self._loudness = {name: Loudness() for name in ("level", *BANDS_HZ)}
        self._onsets = Onsets(self._hop_s, len(frequencies))
        self._brightness = 0.5

    def hear(self, samples: npt.NDArray[np.floating], time_s: float) -> SoundEvent:
        """Listen to the next HOP samples (HOP,), -1..1, that ended at `time_s`.

        Samples that are no numbers are silence.
        """
        self._samples = np.roll(self._samples, -HOP)
        self._samples[-HOP:] = np.clip(np.nan_to_num(samples), -1.0, 1.0)
        magnitudes = np.abs(np.fft.rfft(self._samples * self._fade)) * (4.0 / WINDOW)
        powers = np.square(magnitudes) / 2.0
        heard = {"level": float(np.square(self._samples).mean())}
        heard |= {name: float(powers[bins].sum()) for name, bins in self._bins.items()}
        loud = {n: self._loudness[n].of(power, self._hop_s) for n, power in heard.items()}
        if loud["level"] > 0.0:
            audible = powers * self._audible
            height = float(audible @ self._heights / max(float(audible.sum()), 1e-12))
            self._brightness = min(max(height, 0.0), 1.0)
        onset = self._onsets.strength(magnitudes)
        return SoundEvent(time_s=time_s, brightness=self._brightness, onset=onset, **loud)
