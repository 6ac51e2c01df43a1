"""Sizes of networks that others have counted: the first program's table."""

import numpy as np
import pytest
from architectures import ARCHITECTURES
from google.protobuf import text_format

from miles_deep.model import Model, ModelCard, Preprocess
from miles_deep.model.caffe import caffe_pb2 as pb
from miles_deep.model.caffe.convert import convert
from miles_deep.model.caffe.files import Prototxt
from miles_deep.model.size import size_of

TABLE = {"resnet50": (25.5, 3858), "resnet50_1by2": (6.9, 1070), "resnet77_1by2": (9.4, 1561)}
"""Million parameters, and million multiply-adds of a picture of 224 x 224."""


class Zeros:
    """Stands in for a caffemodel: weights of whatever shape a layer wants."""

    def blobs(self, name: str, *wanted: tuple[int, ...]) -> list[np.ndarray]:
        return [np.zeros(shape, np.float32) for shape in wanted]


def without_weights(prototxt: str) -> Model:
    network = text_format.Parse(prototxt, pb.NetParameter())
    converted = convert(Prototxt("random", network, (), ((),) * len(network.layer)), Zeros())
    labels = tuple(map(str, range(1000)))
    return Model(ModelCard("zeros", labels, Preprocess(224, 224)), converted.network()[0].SerializeToString())


@pytest.mark.parametrize(
    "name", [name if name == "resnet50_1by2" else pytest.param(name, marks=pytest.mark.slow) for name in TABLE]
)
def test_the_first_programs_table(name):
    size = size_of(without_weights(ARCHITECTURES[name]()))
    parameters, multiply_adds = TABLE[name]
    assert size.parameters == pytest.approx(parameters * 1e6, rel=0.02)
    assert size.multiply_adds == pytest.approx(multiply_adds * 1e6, rel=0.02)
