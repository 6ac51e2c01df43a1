"""Errors of backends, which write whole pages, in a line that says something."""

import pytest

from miles_deep.model.network import first_line

SAID = {
    "an operator of another's": (
        "Exception from src/inference/src/cpp/core.cpp:84:\nCheck 'false' failed at src/x.cpp:151:\n"
        "FrontEnd API failed with OpConversionFailure:\nModel wasn't fully converted.\nSummary:\n"
        "-- No conversion rule found for operations: evil.Frob\n\n",
        "No conversion rule found for operations: evil.Frob",
    ),
    "a path": (
        "Exception from src/x.cpp:84:\nModel wasn't fully converted. Failed operations detailed log:\n"
        "-- If-17 with a message:\nWhile validating ONNX node '<Node(If): cc>': Path 'a' resolves to 'b'\n",
        "While validating ONNX node '<Node(If): cc>': Path 'a' resolves to 'b'",
    ),
    "nothing else": ("Exception from src/x.cpp:1:\n", "Exception from src/x.cpp:1:"),
    "ONNX Runtime": ("[ONNXRuntimeError] : 10 : INVALID_GRAPH : This is wrong\nmore", "This is wrong"),
    "nothing": ("", "RuntimeError"),
    "control characters": ("\x1b[31mred\t\ttext", "[31mred text"),
    "of any length": ("x" * 1_000_000, "x" * 197 + "..."),
}


@pytest.mark.parametrize("name", SAID)
def test_the_first_line_that_says_something(name: str) -> None:
    error, line = SAID[name]
    assert first_line(RuntimeError(error)) == line
