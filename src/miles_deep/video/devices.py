"""The hardware that may decode a film, by name; what opens it is elsewhere, since most programs open none."""

KINDS = ("cuda", "vaapi", "videotoolbox")
"""FFmpeg's names of the device types."""

CHOICES = ("auto", "none", *KINDS)
"""What `--hwaccel` takes."""
