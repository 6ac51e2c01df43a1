"""What a page tells of a film, a model and rules, as terms with a text each."""

import platform
from importlib.metadata import PackageNotFoundError, version

from miles_deep.report.findings import Findings
from miles_deep.timecode import clock
from miles_deep.timeline.rules import Rule, Rules
from miles_deep.timeline.selection import Margin
from miles_deep.video import Stream, Video

Facts = dict[str, str]
"""Term to text."""

PACKAGES = {
    "miles-deep": "Miles Deep",
    "av": "PyAV",
    "openvino": "OpenVINO",
    "onnxruntime": "ONNX Runtime",
    "numpy": "NumPy",
}
"""Packages that what is on the page depends on, and their names."""


def film_facts(video: Video) -> Facts:
    """What probing told of a film."""
    picture = video.streams[video.picture]
    (width, height), aspect = video.upright_size, video.upright_aspect
    facts = {"file": video.path.name, "container": video.container, "length": clock(video.duration)}
    facts["picture"] = f"{picture.codec or 'unknown codec'}, {width} x {height}, {video.pixel_format}"
    if aspect != 1:
        facts["shape"] = f"shown as {round(width * aspect)} x {height}"
    if degrees := video.orientation.degrees:
        facts["turned"] = f"{degrees} degrees clockwise"
    if video.variable_frame_rate:
        facts["frames"] = "of variable length"
    elif video.frame_rate:
        facts["frames"] = f"{float(video.frame_rate):.6g} a second"
    if video.interlaced:
        facts["interlaced"] = "yes"
    for kind in ("audio", "subtitle"):
        if tracks := [_track(stream) for stream in video.streams if stream.kind == kind]:
            facts[kind] = "; ".join(tracks)
    return facts


def looking_facts(findings: Findings) -> Facts:
    """Which model looked at which seconds."""
    scores, card = findings.scores, findings.card
    looked = int(scores.looked.sum())
    facts = {"model": card.name} if card else {}
    facts["digest"] = scores.model or "unknown"
    facts["labels"] = str(len(scores.labels))
    if scores.background:
        facts["background"] = ", ".join(scores.background)
    if card and card.licence:
        facts["licence"] = card.licence
    if card and card.source:
        facts["source"] = card.source
    facts["sampling"] = scores.sampling + (f", effort {scores.effort:g}" if scores.sampling != "exact" else "")
    facts["looked at"] = f"{looked} of {len(scores)} seconds"
    if scores.video:
        facts["fingerprint"] = scores.video
    return facts


def rule_facts(findings: Findings) -> Facts:
    """What was asked for, and the rules that found it."""
    rules = findings.rules
    asked = {"keep": findings.keep, "drop": findings.drop}
    facts = {name: ", ".join(targets) for name, targets in asked.items() if targets}
    facts["rule"] = _rule(rules.general)
    facts |= {f"rule of {label}": _changes(rules, label) for label in rules.labels}
    match rules.smoothing.method:
        case "median":
            facts["smoothing"] = f"median over {rules.smoothing.window} s"
        case "viterbi":
            facts["smoothing"] = f"Viterbi, switch cost {rules.smoothing.switch_cost:g} s"
    if rules.temperature != 1:
        facts["temperature"] = f"{rules.temperature:g}"
    if findings.margin != Margin():
        facts["margin"] = f"{float(findings.margin.before):g} s before, {float(findings.margin.after):g} s after"
    facts["edges"] = "to the frame" if findings.refined else "whole seconds"
    return facts


def versions() -> Facts:
    """Of what made the page."""
    found = {}
    for package, name in PACKAGES.items():
        try:
            found[name] = version(package)
        except PackageNotFoundError:  # the package made for a device has another name
            continue
    return found | {"Python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}


def _track(stream: Stream) -> str:
    return " ".join(filter(None, (stream.codec, stream.language, stream.title)))


def _rule(rule: Rule) -> str:
    return (
        f"{rule.method}: min score {rule.min_score:g}, max gap {rule.max_gap:g} s, "
        f"min length {rule.min_length:g} s, min coverage {rule.min_coverage:g}"
    )


def _changes(rules: Rules, label: str) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in rules.labels[label].items())
