# /// script
# requires-python = ">=3.11"
# dependencies = ["onnx==1.23.2"]
# ///
"""Writes the encoder's graph without its weights: ``uv run images/analysis/graph.py functions/analysis/minilm.onnx``.

The graph is 18 kB and is committed, because what writes it (25 MB) is needed by nothing that runs. It takes token ids
and gives a sentence's embedding; its weights are initialisers whose values the function hands over from the package
that ships them. check.py holds the graph to a plain reading of the same model.
"""

import sys
from pathlib import Path

from onnx import NodeProto, TensorProto, helper

LAYERS, HIDDEN, HEADS, INNER = 6, 384, 12, 1536
WORDS, POSITIONS, TYPES = 30522, 512, 2
EPSILON = 1e-12
OPSET, IR = 20, 10
"""The first operator set with Gelu, and the oldest format that may hold it."""


class Graph:
    """Collects nodes and initialisers; every method names its output."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.initialisers: list[TensorProto] = []

    def run(self, operator: str, *inputs: str, **attributes: object) -> str:
        """One operator's output."""
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def weight(self, name: str, *shape: int) -> str:
        """Values that are given when the graph is loaded."""
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value="model.safetensors")
        self.initialisers.append(tensor)
        return name

    def whole(self, name: str, *values: int) -> str:
        """A constant vector of integers."""
        self.initialisers.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def number(self, name: str, value: float) -> str:
        """A constant number."""
        self.initialisers.append(helper.make_tensor(name, TensorProto.FLOAT, [], [value]))
        return name

    def linear(self, values: str, name: str, size: int, given: int) -> str:
        """A fully connected layer from ``given`` to ``size`` features."""
        weight, bias = self.weight(f"{name}.weight", size, given), self.weight(f"{name}.bias", size)
        return self.run("Gemm", values, weight, bias, transB=1)

    def norm(self, values: str, name: str) -> str:
        """A layer normalisation."""
        weight, bias = self.weight(f"{name}.weight", HIDDEN), self.weight(f"{name}.bias", HIDDEN)
        return self.run("LayerNormalization", values, weight, bias, epsilon=EPSILON)


def embedded(graph: Graph) -> str:
    """Words and their places, as vectors."""
    first = graph.whole("first", 0)
    places = graph.weight("embeddings.position_embeddings.weight", POSITIONS, HIDDEN)
    kinds = graph.weight("embeddings.token_type_embeddings.weight", TYPES, HIDDEN)
    words = graph.run("Gather", graph.weight("embeddings.word_embeddings.weight", WORDS, HIDDEN), "ids")
    placed = graph.run("Add", words, graph.run("Slice", places, first, graph.run("Shape", "ids"), first))
    return graph.norm(graph.run("Add", placed, graph.run("Gather", kinds, first)), "embeddings.LayerNorm")


def attended(graph: Graph, values: str, layer: str) -> str:
    """Every token's view of all the others."""

    def split(part: str, order: list[int]) -> str:
        linear = graph.linear(values, f"{layer}.attention.self.{part}", HIDDEN, HIDDEN)
        return graph.run("Transpose", graph.run("Reshape", linear, "split"), perm=order)

    query, key, value = split("query", [1, 0, 2]), split("key", [1, 2, 0]), split("value", [1, 0, 2])
    scores = graph.run("Mul", graph.run("MatMul", query, key), "scale")
    seen = graph.run("MatMul", graph.run("Softmax", scores), value)
    joined = graph.run("Reshape", graph.run("Transpose", seen, perm=[1, 0, 2]), "join")
    return graph.linear(joined, f"{layer}.attention.output.dense", HIDDEN, HIDDEN)


def transformed(graph: Graph, values: str, layer: str) -> str:
    """One layer of the transformer."""
    seen = graph.run("Add", values, attended(graph, values, layer))
    values = graph.norm(seen, f"{layer}.attention.output.LayerNorm")
    inner = graph.run("Gelu", graph.linear(values, f"{layer}.intermediate.dense", INNER, HIDDEN))
    outer = graph.linear(inner, f"{layer}.output.dense", HIDDEN, INNER)
    return graph.norm(graph.run("Add", values, outer), f"{layer}.output.LayerNorm")


def write(target: Path) -> None:
    """Write the whole graph."""
    graph = Graph()
    graph.whole("split", 0, HEADS, HIDDEN // HEADS)
    graph.whole("join", 0, HIDDEN)
    graph.number("scale", (HIDDEN // HEADS) ** -0.5)
    values = embedded(graph)
    for layer in range(LAYERS):
        values = transformed(graph, values, f"encoder.layer.{layer}")
    mean = graph.run("ReduceMean", values, "first", keepdims=0)
    graph.nodes.append(helper.make_node("LpNormalization", [mean], ["embedding"], axis=0, p=2))
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["tokens"])
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [HIDDEN])
    whole = helper.make_graph(graph.nodes, "minilm", [ids], [embedding], graph.initialisers)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    target.write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
